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

  /** The highest value since `from`, before which none is asked for any more. The latest value is one of them. */
  over(from: number): number {
    this.#entries = this.#entries.filter(({ at }) => at >= from)
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
