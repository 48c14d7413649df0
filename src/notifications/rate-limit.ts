/** So many at once, and so many more in each span, evenly. */
export class RateLimit {
  readonly #most: number
  readonly #msForOne: number
  #left: number
  #atMs: number

  /** `notifications` 0 = no limit. */
  constructor({ notifications, per }: { notifications: number; per: number }, nowMs: number) {
    this.#most = notifications
    this.#msForOne = notifications === 0 ? 0 : per / notifications
    this.#left = notifications
    this.#atMs = nowMs
  }

  /** How long until the next one may go; 0 = now. */
  waitMs(nowMs: number): number {
    if (this.#most === 0) return 0
    this.#refill(nowMs)
    return this.#left >= 1 ? 0 : Math.max(1, Math.ceil((1 - this.#left) * this.#msForOne))
  }

  /** One goes. */
  take(nowMs: number): void {
    if (this.#most === 0) return
    this.#refill(nowMs)
    this.#left = Math.max(0, this.#left - 1)
  }

  #refill(nowMs: number): void {
    this.#left = Math.min(this.#most, this.#left + (nowMs - this.#atMs) / this.#msForOne)
    this.#atMs = nowMs
  }
}
