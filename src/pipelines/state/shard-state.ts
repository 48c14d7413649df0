/** The part of a pipeline's state that belongs to one shard. */
export interface ShardState {
  /** Undoes what has been written since `commit`, also by a worker that died. */
  rollback(): void
  /** What has been written stays. */
  commit(): void
}
