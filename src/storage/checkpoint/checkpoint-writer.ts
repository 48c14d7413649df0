import type { Clock } from '../../core/clock.ts'
import type { Disk, DiskFile } from '../../core/disk.ts'
import { assert, MillraceError } from '../../core/errors.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import { CheckpointFolder } from './checkpoint-folder.ts'
import type { Checksum } from '../journal/checksum.ts'
import { highestPositions, type Manifest, type ManifestExtra, type ManifestShard } from './manifest.ts'
import { DiskPace, type Rest } from './disk-pace.ts'
import { portionsOf } from './portions.ts'
import type { ShardCapture } from './shard-capture.ts'
import { sectionOf } from './shard-section.ts'

export interface CheckpointWriterParts {
  readonly capture: ShardCapture
  readonly plan: MemoryPlan
  readonly disk: Disk
  readonly dataDir: string
  readonly checksum: Checksum
  readonly clock: Clock
  /** Called again and again while a checkpoint is written. */
  readonly rest: Rest
  /** Number of this start of the process, which ring positions are counted in. */
  readonly run: number
  /** Checkpoints that turned out damaged when they were to be restored: not to be relied on. */
  readonly damaged: readonly number[]
}

/** What the caller must see to before `publish`. */
export interface SealedCheckpoint {
  readonly number: number
  /** Of each ring, in the writer's run: the journal must be durable up to there. */
  readonly positions: readonly number[]
  readonly bytes: number
  readonly longestPauseMs: number
  readonly longestHoldMs: number
}

/** More sections than this, or more bytes of changes than of the whole, and a checkpoint is written in full again. */
const MAX_SECTIONS = 8
/** Bytes are written and made safe in portions: a commit of the journal waits behind one of them at most. */
const PORTION_BYTES = 1 << 20
const KEPT = 2

interface Open {
  readonly number: number
  readonly replayFrom: number
  readonly isFull: boolean
  readonly file: DiskFile
  readonly pace: DiskPace
  readonly shards: (ManifestShard | undefined)[]
  readonly hashes: Uint8Array[]
  readonly tickets: number[]
  extras: ManifestExtra[]
  bytes: number
  unsynced: number
  longestPauseMs: number
  longestHoldMs: number
  isSealed: boolean
}

/**
 * Writes checkpoints: `begin`, then `captureShard` for every shard in any order (again later for those that were busy),
 * `seal`, and `publish` when the journal is durable up to the positions that `seal` returned. Before that nothing of it
 * counts; `abandon` forgets it. All calls block and may throw storage-failed, after which `abandon` is the only way on.
 */
export class CheckpointWriter {
  readonly #parts: CheckpointWriterParts
  readonly #folder: CheckpointFolder
  /** The last published one, while its chunks' hashes are known. */
  #last: { manifest: Manifest; hashes: readonly Uint8Array[] } | undefined
  #kept: readonly Manifest[]
  #open: Open | undefined
  #number = 0

  constructor(parts: CheckpointWriterParts) {
    const { disk, dataDir, checksum, damaged } = parts
    this.#parts = parts
    this.#folder = new CheckpointFolder(disk, dataDir, checksum)
    this.#folder.make()
    const { manifests } = this.#folder.manifests()
    this.#kept = manifests.filter(({ number }) => !damaged.includes(number)).slice(0, KEPT)
  }

  /**
   * The first record of the journal that recovery may need: that of the older of the checkpoints kept. Undefined while
   * there are fewer than two: recovery may then need all there is.
   */
  get retireBefore(): number | undefined {
    return this.#kept.length < KEPT ? undefined : Math.min(...this.#kept.map(({ replayFrom }) => replayFrom))
  }

  /** The newest one that counts. */
  get newest(): Manifest | undefined {
    return this.#kept[0]
  }

  /** What the next one may take on the medium, when it is written in full and has grown by a quarter; 0 = not known. */
  get roomBytes(): number {
    if (this.newest === undefined) return 0
    const { shards, extras } = this.newest
    const largest = largestFile([...shards.flatMap(({ parts }) => parts), ...extras])
    return Math.ceil(1.25 * largest)
  }

  /**
   * There is no room for another one: the newest has to do without the one before it, which is removed. Returns what is
   * to be said of it.
   */
  makeRoom(): string {
    const isOneTooMany = this.#kept.length > 1
    this.#kept = this.#kept.slice(0, 1)
    this.#tidy()
    const taken = isOneTooMany ? '; the older of the two that were kept has been removed to make room' : ''
    return `a checkpoint may take ${this.roomBytes} bytes, ${this.#folder.freeBytes()} are free${taken}`
  }

  /** `replayFrom`: number of the journal's next record, or of any earlier one. */
  begin(replayFrom: number): void {
    assert(this.#open === undefined, 'one checkpoint at a time')
    // never again that of one that came to nothing: something of it may come back after a power cut
    const number = (this.#number = Math.max(this.#number + 1, this.#folder.nextNumber()))
    this.#open = {
      pace: new DiskPace(this.#parts.clock, this.#parts.rest),
      ...{ number, replayFrom, isFull: this.#isFullDue(), file: this.#folder.createData(number) },
      ...{
        shards: Array.from({ length: SHARD_COUNT }, () => undefined),
        hashes: [],
        tickets: [],
        extras: [],
      },
      ...{ bytes: 0, unsynced: 0, longestPauseMs: 0, longestHoldMs: 0, isSealed: false },
    }
  }

  captureShard(shard: number): 'captured' | 'busy' {
    const { capture, checksum } = this.#parts
    const open = this.#begun()
    const hashes = new Uint8Array(capture.hashBytes)
    const known = open.isFull ? undefined : this.#last?.hashes[shard]
    const captured = capture.take(shard, known, hashes)
    if (captured === undefined) return 'busy'
    const at = open.bytes
    const bytes = this.#write(sectionOf(captured, checksum))
    const before = open.isFull ? [] : (this.#last?.manifest.shards[shard].parts ?? [])
    const { positions, series, waiting } = captured
    const parts = [...before, { file: open.number, at, bytes }]
    open.shards[shard] = { positions: [...positions], series, waiting, parts }
    open.hashes[shard] = hashes
    open.tickets[shard] = captured.ticket
    open.longestPauseMs = Math.max(open.longestPauseMs, captured.pausedMs)
    open.longestHoldMs = Math.max(open.longestHoldMs, captured.heldMs)
    return 'captured'
  }

  /** By shard: the first ticket of a message that says nothing of what was captured. */
  get tickets(): readonly number[] {
    return this.#begun().tickets
  }

  /** Names of extras of the checkpoint before, which need not be written again if they are still the same. */
  get reusable(): readonly string[] {
    return this.#reusable().map(({ name }) => name)
  }

  /**
   * All shards are captured: writes what else belongs to it and makes everything safe. `reused`: of the reusable ones,
   * those that are the same.
   */
  seal(extras: Readonly<Record<string, Uint8Array>>, reused: readonly string[] = []): SealedCheckpoint {
    const open = this.#begun()
    open.extras.push(...this.#reusable().filter(({ name }) => reused.includes(name)))
    for (const [name, bytes] of Object.entries(extras)) {
      const at = open.bytes
      const crc = this.#parts.checksum(bytes, 0)
      open.extras.push({ name, file: open.number, at, bytes: this.#write([bytes]), crc })
    }
    open.file.sync()
    open.file.close()
    this.#folder.syncNames()
    open.isSealed = true
    const { number, bytes, longestPauseMs, longestHoldMs } = open
    const positions = highestPositions(this.#shardsOf(open))
    return { number, positions, bytes, longestPauseMs, longestHoldMs }
  }

  /** The journal being durable up to the sealed positions: from now on this is the newest checkpoint. */
  publish(): Manifest {
    const open = this.#begun()
    assert(open.isSealed, 'a checkpoint is sealed before it is published')
    const { plan, run, clock } = this.#parts
    const manifest: Manifest = {
      ...{ format: 1, number: open.number, createdMs: clock.epochMs(), run, replayFrom: open.replayFrom },
      ...{ slotsPerShard: plan.slotsPerShard, shardStateBytes: plan.needs.shardStateBytes },
      ...{ rings: plan.needs.rings, shards: this.#shardsOf(open), extras: open.extras },
    }
    this.#folder.publish(manifest)
    this.#open = undefined
    this.#last = { manifest, hashes: open.hashes }
    this.#kept = [manifest, ...this.#kept].slice(0, KEPT)
    this.#tidy()
    return manifest
  }

  /** Forgets the checkpoint that was begun, if any. */
  abandon(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    if (!open.isSealed) attempt(() => open.file.close())
    attempt(() => this.#folder.discard(open.number))
  }

  /** A full one is to need no other file. */
  #reusable(): readonly ManifestExtra[] {
    return this.#begun().isFull ? [] : (this.#last?.manifest.extras ?? [])
  }

  #begun(): Open {
    assert(this.#open !== undefined, 'a checkpoint has been begun')
    return this.#open
  }

  #shardsOf(open: Open): ManifestShard[] {
    return open.shards.map((shard) => {
      assert(shard !== undefined, 'every shard has been captured')
      return shard
    })
  }

  #isFullDue(): boolean {
    if (this.#last === undefined) return true
    const { number, shards } = this.#last.manifest
    const parts = shards.flatMap(({ parts }) => parts)
    const first = Math.min(...parts.map(({ file }) => file))
    const inFirst = parts.filter(({ file }) => file === first).reduce((sum, { bytes }) => sum + bytes, 0)
    const all = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    return shards.some(({ parts }) => parts.length >= MAX_SECTIONS) || (number !== first && all > 2 * inFirst)
  }

  /** Appends to the data file, padded so that words in the next part are aligned; returns the bytes without padding. */
  #write(parts: readonly Uint8Array[]): number {
    const open = this.#begun()
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    for (const portion of portionsOf([...parts, new Uint8Array(-bytes & 7)], PORTION_BYTES)) {
      open.file.write(portion, open.bytes)
      const written = portion.reduce((sum, part) => sum + part.length, 0)
      open.bytes += written
      open.unsynced += written
      if (open.unsynced >= PORTION_BYTES) this.#makeSafe(open)
    }
    return bytes
  }

  #makeSafe(open: Open): void {
    open.file.sync()
    open.unsynced = 0
    open.pace.rest()
  }

  /** What could not be removed now will be after the next checkpoint. */
  #tidy(): void {
    attempt(() => this.#folder.keepOnly(this.#kept))
  }
}

/** The largest share of one file. */
function largestFile(parts: readonly { readonly file: number; readonly bytes: number }[]): number {
  const byFile = new Map<number, number>()
  for (const { file, bytes } of parts) byFile.set(file, (byFile.get(file) ?? 0) + bytes)
  return Math.max(0, ...byFile.values())
}

/** Does what doesn't matter when the disk doesn't let us. */
function attempt(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
  }
}
