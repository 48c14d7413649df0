/**
 * What runs on a thread. `doWork` never blocks: it does at most about `limit` readings of work and returns how
 * many it did; 0 means idle. Waiting is the caller's business, so an agent runs alike in a thread, inline in a
 * test and under the simulator.
 */
export interface Agent {
  readonly name: string
  doWork(limit: number): number
  close(): void
}
