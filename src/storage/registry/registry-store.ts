/**
 * The registry in a database, written as it changes and loaded in one go at start. It holds the registry in memory too
 * (devices are the very objects that it is given), so that what is to be written needs no queue: a change marks the
 * chunk that it touches, and marked chunks are written, however long the disk takes or fails.
 *
 * Changes are numbered. The store may lag behind the journal or be ahead of it: `position` goes into a checkpoint, and a
 * database that lacks changes up to there is not used. What is damaged is put aside, and reported; then the caller says
 * what belongs in it (`rebuild`).
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { assert, MillraceError } from '../../core/errors.ts'
import type { RegistryChange, RegistryContent, TokenRecord } from './change.ts'
import { type Label, readLabel } from './label.ts'
import { quarantine } from './quarantine.ts'
import { RegistryWriter } from './registry-writer.ts'
import { Shelves } from './shelves.ts'
import { writeSnapshot } from './snapshot.ts'
import { StoreFile } from './store-file.ts'

export interface RegistryStoreOptions {
  /** Its folder in the data directory; made if it isn't there. */
  readonly folder: string
  readonly clock: Clock
  /** Changes that have to be in it, as the newest checkpoint says: else it counts as damaged. */
  readonly minPosition?: number
  /**
   * Told of each failure to write: `storage-failed` for what is tried again, `storage-damaged` where the database was put
   * aside and is written anew. Nothing is lost either way while the process lives.
   */
  readonly onFailure: (error: MillraceError) => void
}

export interface RegistryDamage {
  /** `label`: the small file beside the database; it has been written anew, nothing else has to be done. */
  readonly what: 'database' | 'label'
  readonly reason: string
  /** Where the damaged file is now; '' = there was none. */
  readonly quarantined: string
  /** Nobody knows which tokens there were: don't let anyone in without them. */
  readonly tokensLost: boolean
}

export interface OpenedRegistry {
  readonly store: RegistryStore
  /** Empty = everything is as it was written. With damage of the database, `rebuild` has to follow. */
  readonly damage: readonly RegistryDamage[]
}

/** What `rebuild` is given; without tokens those that the store has stay. */
export type RebuildContent = Omit<RegistryContent, 'tokens'> & Partial<Pick<RegistryContent, 'tokens'>>

export const DATABASE_FILE = 'registry.mdb'
export const LABEL_FILE = 'label'

export class RegistryStore {
  #shelves: Shelves
  #tokensLost: boolean
  readonly #writer: RegistryWriter

  private constructor(shelves: Shelves, writer: RegistryWriter, tokensLost: boolean) {
    this.#shelves = shelves
    this.#writer = writer
    this.#tokensLost = tokensLost
  }

  /** Opens the store, or makes it. Throws `storage-failed` if the disk does not let it. */
  static async open(options: RegistryStoreOptions): Promise<OpenedRegistry> {
    const { folder, clock, minPosition = 0, onFailure } = options
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const paths = { database: join(folder, DATABASE_FILE), label: join(folder, LABEL_FILE) }
    const label = readLabel(paths.label)
    const known = label === 'damaged' ? null : label
    const position = Math.max(minPosition, known?.position ?? 0)
    const { file, shelves, repaired, reason } = await readDatabase(paths.database, label, clock, position)
    const damage: RegistryDamage[] = []
    const tokensLost = reason !== '' && known === null
    if (reason !== '') {
      await file?.stop()
      const quarantined = quarantine(paths.database, clock.epochMs())
      damage.push({ what: 'database', reason, quarantined, tokensLost })
    }
    if (label === 'damaged') {
      const wrong = 'it is not what was written'
      damage.push({ what: 'label', reason: wrong, quarantined: '', tokensLost: false })
    }
    const writer = new RegistryWriter({
      ...{ paths, clock, onFailure, shelves, file: reason === '' ? file : undefined },
      position: Math.max(position, file?.position ?? 0),
      isLabelled: known !== null,
    })
    for (const key of repaired) writer.mark(key)
    const store = new RegistryStore(shelves, writer, tokensLost)
    if (reason !== '') for (const token of known?.tokens ?? []) store.put({ kind: 'token', token })
    await writer.start(reason === '' ? 'whole' : 'waiting')
    return { store, damage }
  }

  /** Changes put so far, over all runs. */
  get position(): number {
    return this.#writer.position
  }

  /** Changes up to this one are on disk. */
  get flushedPosition(): number {
    return this.#writer.flushedPosition
  }

  get deviceCount(): number {
    return this.#shelves.devices.size
  }

  /** Everything in it, devices in the order in which they were first put, more or less. */
  load(): RegistryContent {
    return this.#shelves
  }

  /**
   * The entries for `auth.tokens`. Throws `storage-damaged` if they are lost, because no tokens would mean that everyone
   * is let in.
   */
  loadTokens(): TokenRecord[] {
    if (!this.#tokensLost) return [...this.#shelves.tokens]
    throw new MillraceError(
      'storage-damaged',
      'the registry is damaged and it is not known any more which tokens there were; ' +
        'restore a checkpoint, or make new ones with `millrace token add`',
    )
  }

  /** Takes the change; it is written soon. */
  put(change: RegistryChange): void {
    const key = this.#shelves.apply(change)
    if (change.kind === 'token') this.#tokensLost = false
    this.#writer.changed(key)
  }

  /** Resolves when everything put before is on disk. Rejects with `closed` when the store closes without. */
  flushed(): Promise<void> {
    return this.#writer.flushed()
  }

  /**
   * Replaces everything in it. In memory at once (so before readings come), on disk soon: await `flushed`. Until that is
   * done the database counts as damaged.
   */
  rebuild({ devices, metrics, tokens }: RebuildContent): void {
    const fresh = new Shelves()
    if (tokens !== undefined) this.#tokensLost = false
    for (const token of tokens ?? this.#shelves.tokens) fresh.apply({ kind: 'token', token })
    for (const metric of metrics) fresh.apply({ kind: 'metric', metric })
    for (const device of devices) fresh.apply({ kind: 'device', device })
    this.#shelves = fresh
    this.#writer.rewrite(fresh)
  }

  /**
   * The whole registry as bytes, in pieces of some 64 KiB; take them as slowly as you like. Changes made meanwhile may
   * be in it or not: those from its beginning on have to be done again after `readSnapshot`.
   */
  snapshot(): IterableIterator<Uint8Array> {
    return writeSnapshot(this.#shelves)
  }

  /** Writes what is left and closes. Gives up, and tells `onFailure`, if that can't be written. */
  close(): Promise<void> {
    return this.#writer.close()
  }
}

interface Read {
  readonly shelves: Shelves
  /** Chunks that have to be written again, though nothing is damaged. */
  readonly repaired: readonly string[]
  readonly file: StoreFile | undefined
  /** What is wrong; '' = nothing. */
  readonly reason: string
}

async function readDatabase(
  path: string,
  label: Label | null | 'damaged',
  clock: Clock,
  position: number,
): Promise<Read> {
  const nothing = { shelves: new Shelves(), repaired: [], file: undefined }
  const isNew = label === null && position === 0
  if (!existsSync(path)) return { ...nothing, reason: isNew ? '' : 'it is missing' }
  const shelves = new Shelves()
  const repaired: string[] = []
  const onChunk = (key: string, text: string): void => {
    if (!shelves.restore(key, text)) repaired.push(key)
  }
  const opened = await StoreFile.open({ path, clock, isNew, onChunk })
  if (!opened.ok && opened.kind === 'failed') throw cannotRead(path, opened.reason, opened.system)
  if (!opened.ok) return { ...nothing, reason: opened.reason }
  const reason = whatIsMissing(opened.file, position)
  shelves.restored()
  return reason === ''
    ? { shelves, repaired, file: opened.file, reason }
    : { ...nothing, file: opened.file, reason }
}

function whatIsMissing({ complete, batch, position }: StoreFile, expected: number): string {
  if (batch > 0 && !complete) return 'it was not written to its end'
  return position < expected ? `it has changes up to ${position}, not up to ${expected}` : ''
}

function cannotRead(path: string, reason: string, system: string): MillraceError {
  assert(reason !== '', 'a failure has a reason')
  const context = { code: system, call: 'open', path }
  return new MillraceError('storage-failed', `${path}: cannot be opened: ${reason}`, context)
}
