/** What a client has done; counts are of readings unless they say frames. `sent + recovered = acknowledged + givenUp + unsettled`. */
export interface ClientStats {
  /** What the server knows the client by. */
  readonly name: string
  readonly isConnected: boolean
  /** Opened so far. */
  readonly connections: number
  /** Handed over to this client. */
  readonly sent: number
  /** Found unsettled in the folder at the beginning. */
  readonly recovered: number
  readonly acknowledged: number
  readonly givenUp: number
  readonly unsettled: { readonly frames: number; readonly readings: number; readonly bytes: number }
  readonly framesInFlight: number
  readonly framesResent: number
  /** Readings refused by reason, each time they were. */
  readonly refused: Readonly<Record<string, number>>
  readonly unreadableReplies: number
  /** What the server said last; 0 = nothing. */
  readonly credit: number
  readonly nextSeq: number
}

/** The part of it that is counted up. */
export type Counts = {
  -readonly [
    name in
      | 'connections'
      | 'sent'
      | 'recovered'
      | 'acknowledged'
      | 'givenUp'
      | 'framesResent'
      | 'unreadableReplies'
      | 'credit'
  ]: number
} & { readonly refused: Record<string, number> }
