/** Keys that are remembered: more are of those that come once (an id in the key), for which it is no use. */
const MAX_KNOWN = 1 << 18
const EXACT = Number.MAX_SAFE_INTEGER

interface Known {
  readonly key: string
  readonly bytes: Buffer
}

/**
 * Orders lines by time and key. Groups give a result for each window, so keys come again and again: each one's rank among
 * all is kept, and lines are sorted as numbers.
 */
export class KeyRanks {
  readonly #known = new Map<string, Known>()
  readonly #ranks = new Map<string, number>()

  /** The lines, by time, then by the key's UTF-8; lines of one key at one time in any order. */
  order(times: readonly number[], keys: readonly string[]): Uint32Array {
    this.#learn(keys)
    const count = times.length
    const moments = [...new Set(times)].sort((a, b) => a - b)
    const momentOf = new Map(moments.map((time, i) => [time, i]))
    const ranks = this.#ranks.size
    if (moments.length * ranks * count > EXACT) return this.#compared(times, keys)
    const sorted = new Float64Array(count)
    let [last, moment] = [NaN, 0]
    for (let i = 0; i < count; i++) {
      const time = times[i]
      if (time !== last) moment = momentOf.get((last = time))!
      sorted[i] = (moment * ranks + this.#ranks.get(keys[i])!) * count + i
    }
    sorted.sort()
    return Uint32Array.from(sorted, (place) => place % count)
  }

  #learn(keys: readonly string[]): void {
    if (this.#known.size > MAX_KNOWN) {
      this.#known.clear()
      this.#ranks.clear()
    }
    for (const key of keys) if (!this.#known.has(key)) this.#known.set(key, { key, bytes: Buffer.from(key) })
    if (this.#known.size === this.#ranks.size) return
    const sorted = [...this.#known.values()].sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    sorted.forEach(({ key }, rank) => this.#ranks.set(key, rank))
  }

  #compared(times: readonly number[], keys: readonly string[]): Uint32Array {
    const rank = (line: number): number => this.#ranks.get(keys[line])!
    return Uint32Array.from(times.keys()).sort((a, b) => times[a] - times[b] || rank(a) - rank(b))
  }
}
