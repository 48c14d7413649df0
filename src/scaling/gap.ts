/**
 * How long a target has had less, or more, than it was asked for. Wishes follow each other while units still come: what
 * counts is since when every wish has been for more (or fewer) units than there are, so a target that follows a ramp a
 * minute behind is a minute late, however long the ramp; and one that never moves is as late as the first wish is old.
 */
interface Wish {
  readonly atMs: number
  readonly units: number
}

/** Beyond it, the second oldest is forgotten: the oldest says since when. */
const MOST_WISHES = 64

export class Gap {
  #wishes: Wish[] = []
  #ready: number | null = null
  /** When it was last seen to have what was wished. */
  #metMs = -Infinity

  wish(units: number, atMs: number): void {
    if (this.#wishes.at(-1)?.units === units) return
    this.#settle(atMs)
    this.#wishes.push({ units, atMs })
    if (this.#wishes.length > MOST_WISHES) this.#wishes.splice(1, 1)
  }

  observed(ready: number, atMs: number): void {
    this.#ready = ready
    this.#settle(atMs)
  }

  /** 0 = it has what was wished, or nothing is known yet. */
  behindMs(nowMs: number): number {
    const first = this.#firstUnmet()
    return first === undefined ? 0 : nowMs - Math.max(first.atMs, this.#metMs)
  }

  #settle(atMs: number): void {
    const first = this.#firstUnmet()
    const last = this.#wishes.at(-1)
    if (first === undefined) this.#metMs = atMs
    const kept = first ?? last
    while (kept !== undefined && this.#wishes[0] !== kept) this.#wishes.shift()
  }

  /** The first of the last wishes that all ask for more, or all for fewer, than is ready. */
  #firstUnmet(): Wish | undefined {
    const last = this.#wishes.at(-1)
    if (last === undefined || this.#ready === null) return undefined
    const ready = this.#ready
    const side = Math.sign(last.units - ready)
    if (side === 0) return undefined
    const before = this.#wishes.findLastIndex(({ units }) => Math.sign(units - ready) !== side)
    return this.#wishes[before + 1]
  }
}
