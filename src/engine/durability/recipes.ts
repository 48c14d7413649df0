import type { PartRefusal } from '../../ingest/part-refusals.ts'
import type { Finding } from '../../storage/journal/findings.ts'
import type { StorageState } from '../../storage/journal/storage-state.ts'
import type { ThreadRecipe } from '../threads/recipe.ts'
import type { StreamShare } from '../pipelines/stream-snapshots.ts'
import type { CheckpointPlace } from './replay.ts'

/** What the journal's thread is given. */
export interface JournalRecipe extends ThreadRecipe {
  readonly folder: string
  readonly run: number
  readonly everyMs: number
  readonly everyBytes: number
  readonly segmentBytes: number
  readonly retainBytes: number
}

export type FromJournal =
  | { readonly kind: 'open'; readonly findings: readonly Finding[]; readonly rewritten: number }
  /** The disk did not let it be opened. */
  | { readonly kind: 'unopened'; readonly message: string }
  | { readonly kind: 'state'; readonly state: StorageState }

/** What the replay's thread is given. */
export interface ReplayRecipe extends ThreadRecipe {
  readonly folder: string
  /** Where bytes of the journal go that are no record. */
  readonly damagedFolder: string
  /** The first record to read, for the names of clients and what they were refused; and the first one to replay. */
  readonly namesFrom: number
  readonly from: number
  readonly checkpoint: CheckpointPlace | undefined
  /** Notes taken in by the main thread, counted. */
  readonly answered: SharedArrayBuffer
}

export type FromReplay =
  /** `provenTo`: cursor of the main thread's ring, before which all is known to be safe. */
  | { readonly kind: 'progress'; readonly share: number; readonly provenTo: number }
  | { readonly kind: 'note'; readonly of: number; readonly text: Uint8Array }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'partRefusal'; readonly refusal: PartRefusal }
  | { readonly kind: 'done'; readonly readings: number }

/** What the checkpoints' thread is given. */
export interface CheckpointRecipe extends ThreadRecipe {
  readonly dataDir: string
  readonly run: number
  readonly damaged: readonly number[]
  /** A word: 0 = readings are taken meanwhile, so disk and processor are left to others for some of the time. */
  readonly hurry: SharedArrayBuffer
}

/** All shards are copied. */
export interface Captured {
  /** By shard, the first ticket that says nothing of what was copied. */
  readonly tickets: readonly number[]
  /** Names of extras that the checkpoint before has: they need not be sent again if they are the same. */
  readonly reusable: readonly string[]
}

/** What the main thread adds: by name, and the names of what is as it was. */
export interface Extras {
  readonly extras: Readonly<Record<string, Uint8Array>>
  readonly reused: readonly string[]
}

export type ToCheckpoint =
  | { readonly kind: 'take'; readonly streams: readonly StreamShare[] }
  | ({ readonly kind: 'extras' } & Extras)
  | { readonly kind: 'close' }

export type FromCheckpoint =
  | ({ readonly kind: 'captured' } & Captured)
  | { readonly kind: 'done'; readonly figures: CheckpointFigures }
  | { readonly kind: 'failed'; readonly message: string }

export interface CheckpointFigures {
  readonly number: number
  readonly bytes: number
  readonly tookMs: number
  readonly longestPauseMs: number
  readonly longestHoldMs: number
  readonly createdMs: number
}
