interface Entry {
  readonly at: number
  readonly value: number
}

/** The highest value of the last while; keeps only values that can still become it. */
export class RecentMaximum {
  #entries: readonly Entry[] = []
  #firstAt: number | undefined

  /** Since when there are values; undefined = there are none. */
  get firstAt(): number | undefined {
    return this.#firstAt
  }

  add(at: number, value: number): void {
    this.#firstAt ??= at
    this.#entries = [...this.#entries.filter((entry) => entry.value > value && entry.at <= at), { at, value }]
  }

  /** The highest value since `from`, or the latest when all are older. */
  over(from: number): number {
    const recent = this.#entries.filter(({ at }) => at >= from)
    this.#entries = recent.length > 0 ? recent : this.#entries.slice(-1)
    return this.#entries[0].value
  }

  /** For a snapshot. */
  kept(): { readonly firstAt: number | undefined; readonly entries: readonly Entry[] } {
    return { firstAt: this.#firstAt, entries: this.#entries }
  }

  restore(kept: ReturnType<RecentMaximum['kept']>): void {
    this.#firstAt = kept.firstAt
    this.#entries = kept.entries
  }
}
