/** The rows of a reference table by their key, as a worker has them; replaced all at once. */
export type ReferenceRow = Readonly<Record<string, unknown>>

/** What is handed from the side that reads files to the workers: plain data. */
export interface ReferenceData {
  /** Rows by the text of their key. */
  readonly rows: ReadonlyMap<string, ReferenceRow>
}

export class ReferenceRows {
  #rows: ReadonlyMap<string, ReferenceRow>

  constructor({ rows }: ReferenceData) {
    this.#rows = rows
  }

  /** From now on these rows and no others. */
  replace({ rows }: ReferenceData): void {
    this.#rows = rows
  }

  /** By the key as text, as files know nothing else; nothing has no row. */
  row(key: unknown): ReferenceRow | undefined {
    switch (typeof key) {
      case 'string':
        return this.#rows.get(key)
      case 'number':
      case 'bigint':
      case 'boolean':
        return this.#rows.get(String(key))
      default:
        return undefined
    }
  }
}
