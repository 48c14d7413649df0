/**
 * Regular expressions from outside run on the main thread for every alert, and JavaScript's go back and try again. So only
 * such are taken for which that stays small: nothing repeated that is a group, no references back, no looking around,
 * and few open repetitions.
 */
const MAX_OPEN_REPETITIONS = 3

/** Why it is not taken, or ''. */
export function patternProblem(pattern: string): string {
  try {
    new RegExp(`^(?:${pattern})$`, 's')
  } catch (error) {
    return `not a regular expression (${error instanceof Error ? error.message : String(error)})`
  }
  const plain = pattern.replace(/\\[^1-9k]/gs, '_').replace(/\[(?:[^\]\\]|\\.)*\]/gs, '_')
  if (/\\/.test(plain)) return 'references back are not allowed'
  if (/\(\?(?!:)/.test(plain)) return 'looking around and named groups are not allowed'
  if (/\)(?:[*+]|\{\d+(?:,\d*)?\})/.test(plain)) return 'groups must not be repeated'
  const open = plain.match(/[*+]|\{\d+,\d*\}/g) ?? []
  return open.length <= MAX_OPEN_REPETITIONS
    ? ''
    : `allowed: at most ${MAX_OPEN_REPETITIONS} of *, + and {n,}`
}
