import type { Group, Origin } from '../definition/outside.ts'

/** What a result is told by, among those of its node. */
export interface ResultOrigin extends Pick<Origin, 'time'> {
  readonly group?: Pick<Group, 'low' | 'high'>
}

/**
 * Told before and after user functions see what comes out of a window, or make the message of an
 * alert that has waited, so that it is known what a worker was at when it
 * died: a result that ends its worker each time is not given for ever.
 */
export interface ResultGuard {
  /** A result of the node with this number is about to be given; false: it has ended so many workers that it is given up. */
  beginResult(shard: number, node: number, origin: ResultOrigin): boolean
  /** A result has ended a worker: results are to be kept as given one by one until that one is over. */
  isSuspecting(shard: number): boolean
  /** Something else is, which nobody shows again: what came too late, what waited for time. */
  beginRest(shard: number): void
  /** User functions have returned. */
  end(shard: number): void
  /** Why the result is given up. */
  cause(shard: number): string
}

/** Where nobody would go on after a death: the run ends with it. */
export const UNGUARDED: ResultGuard = {
  beginResult: () => true,
  isSuspecting: () => false,
  beginRest() {},
  end() {},
  cause: () => '',
}
