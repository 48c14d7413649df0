/**
 * The word of `among` that was probably meant by `word`: at most two letters or a third of them are wrong.
 */
export function suggest(word: string, among: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of among) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < least && edits < word.length - 1) [best, least] = [candidate, edits]
  }
  return best
}

/** Letters to insert, remove or replace to turn one word into the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1))
    }
    row = next
  }
  return row[to.length]
}
