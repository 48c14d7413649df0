/** What happens to the entries of a lane, besides the built-in windows: how scheduling and pipelines meet. */
export interface LaneProcessor {
  /** False: readings need no visit, and a worker may go through them without leaving the kernel. */
  readonly seesReadings: boolean
  /** Shows `count` readings from `address` on. May throw; then nothing that it said has been sent. */
  readings(lane: number, address: number, count: number): void
  /** The engine's own part of an anomaly event. Doesn't throw. */
  reportEvent(address: number): void
  /** Shows an event to user code. May throw. */
  event(lane: number, address: number): void
  /** Is there a shard that has not been looked after for a while? */
  isDue(shard: number): boolean
  /** Time has gone on for a shard that nobody else is at. May throw. */
  look(shard: number): void
  /** Sends what was said since the last call; waits for room where it must. */
  flush(): void
  /** Tells that the entry at `address` was given up because of `error`, by that pipeline where it is one of several. */
  deadLetter(lane: number, address: number, isEvent: boolean, error: unknown, pipeline?: string): void
  /** From now on shards are due only where readings are held back, which `look` then shows. */
  end(): void
}
