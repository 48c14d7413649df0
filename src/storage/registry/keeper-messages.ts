/** What the store and the process that keeps its database say to each other. */

/** One transaction: durable and whole, or not at all. */
export interface KeeperWrite {
  readonly puts: readonly (readonly [key: string, value: Uint8Array])[]
  readonly removes: readonly string[]
}

/** At start come all values in the order of their keys, then `ready`; then an answer to each write. */
export type FromKeeper =
  | { readonly type: 'values'; readonly values: readonly (readonly [key: string, value: Uint8Array])[] }
  | { readonly type: 'ready' }
  | { readonly type: 'written' }
  | KeeperFailure

export interface KeeperFailure {
  readonly type: 'failed'
  /** The database has another keeper; nothing is wrong with it. */
  readonly overtaken: boolean
  readonly message: string
  /** errno of the system above 0, the database's own codes below; 0 = neither. */
  readonly code: number
}
