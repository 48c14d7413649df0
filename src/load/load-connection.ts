/** One connection of a run, whoever numbers its frames and waits for their answers. */
export interface LoadConnection {
  /** Opens the connection; rejects if the server doesn't take it. */
  open(): Promise<void>
  /** Sets when the schedule begins and after how long it ends. */
  begin(startMs: number, durationMs: number): void
  /** Frames meant to be sent by now and not sent. */
  behindBy(nowMs: number): number
  readonly unanswered: number
  readonly queuedBytes: number
  /** Sends what is due and has room. */
  pump(): void
  /** Ends the schedule at `nowMs`: sends what was due by then and has room, and no more after that. */
  finish(nowMs: number): void
  /** Takes leave of the server. */
  close(): Promise<void>
}
