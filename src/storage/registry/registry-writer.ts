/**
 * Writes marked chunks, a transaction of some of them at a time, so that the thread is never held for long. After a
 * failure the database is read again before it is used again: a failed flush may have taken what was written before with
 * it, and then everything is written once more, to a new file if need be.
 */
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { KeeperFault } from './keeper.ts'
import { writeLabel } from './label.ts'
import { quarantine } from './quarantine.ts'
import type { Shelves } from './shelves.ts'
import { StoreFile } from './store-file.ts'

const CHUNKS_AT_ONCE = 32
const GATHER_MS = 20
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000

export interface WriterOptions {
  readonly paths: { readonly database: string; readonly label: string }
  readonly clock: Clock
  readonly onFailure: (error: MillraceError) => void
  readonly shelves: Shelves
  /** Undefined: a new one has to be made. */
  readonly file: StoreFile | undefined
  readonly position: number
  readonly isLabelled: boolean
}

/** `waiting`: for the content, so what is written is not all. `rewriting`: all of it is known and on its way. */
type Completeness = 'whole' | 'rewriting' | 'waiting'

interface Waiter {
  readonly position: number
  readonly resolve: () => void
  readonly reject: (error: MillraceError) => void
}

export class RegistryWriter {
  readonly #options: WriterOptions
  #shelves: Shelves
  #file: StoreFile | undefined
  #completeness: Completeness = 'whole'
  /** Counts how often the content was replaced. */
  #generation = 0
  #position: number
  #flushedPosition: number
  #isLabelled: boolean
  /** Of the last transaction that was reported durable. */
  #durableBatch = 0
  readonly #marked = new Set<string>()
  #waiters: Waiter[] = []
  #running: Promise<void> | undefined
  #cancelTimer = (): void => undefined
  #retryMs = FIRST_RETRY_MS
  #closing = false

  constructor(options: WriterOptions) {
    this.#options = options
    this.#shelves = options.shelves
    this.#file = options.file
    this.#position = options.position
    this.#flushedPosition = options.file?.position ?? 0
    this.#isLabelled = options.isLabelled
    this.#durableBatch = options.file?.batch ?? 0
  }

  get position(): number {
    return this.#position
  }

  get flushedPosition(): number {
    return this.#flushedPosition
  }

  /** Writes what a new database needs, so that from now on a missing or empty one is noticed. */
  async start(completeness: Completeness): Promise<void> {
    this.#completeness = completeness
    if (this.#durableBatch > 0 && !this.#isBehind()) return
    this.#cancelTimer()
    const round = this.#round()
    this.#running = round.then(() => undefined)
    const fault = await round
    this.#running = undefined
    if (fault === undefined) return
    this.#closing = true
    await this.#file?.stop()
    throw failed(this.#options.paths.database, fault)
  }

  /** A change was done; `key` is the chunk that it touched. */
  changed(key: string | undefined): void {
    if (this.#closing) throw new MillraceError('closed', 'the registry store is closed')
    this.#position++
    if (key !== undefined) this.#marked.add(key)
    this.#schedule(GATHER_MS)
  }

  mark(key: string): void {
    this.#marked.add(key)
  }

  /** From now on this is the content. */
  rewrite(shelves: Shelves): void {
    for (const key of this.#shelves.keys()) this.#marked.add(key)
    this.#shelves = shelves
    this.#startAnew()
    for (const key of shelves.keys()) this.#marked.add(key)
    this.changed(undefined)
  }

  flushed(): Promise<void> {
    const position = this.#position
    if (this.#flushedPosition >= position) return Promise.resolve()
    return new Promise((resolve, reject) => this.#waiters.push({ position, resolve, reject }))
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#cancelTimer()
    await this.#running
    const fault = this.#isBehind() ? await this.#round() : undefined
    await this.#file?.stop()
    const last = fault ?? this.#tryLabel()
    if (last !== undefined) this.#options.onFailure(failed(this.#options.paths.database, last))
    const error = new MillraceError('closed', 'the registry store was closed before this was written')
    for (const { reject } of this.#waiters.splice(0)) reject(error)
  }

  #isBehind(): boolean {
    return this.#marked.size > 0 || this.#flushedPosition < this.#position || !this.#isLabelled
  }

  #schedule(afterMs: number): void {
    if (this.#running !== undefined || this.#closing) return
    this.#cancelTimer()
    this.#cancelTimer = this.#options.clock.after(afterMs, () => {
      this.#running = this.#run().finally(() => {
        this.#running = undefined
        if (this.#isBehind()) this.#schedule(this.#file === undefined ? this.#retryMs : GATHER_MS)
      })
    })
  }

  /** One round; after a failure the next one comes later, and later. */
  async #run(): Promise<void> {
    const fault = await this.#round()
    if (fault === undefined) {
      this.#retryMs = FIRST_RETRY_MS
      return
    }
    const file = this.#file
    this.#file = undefined
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
    await file?.stop()
    this.#options.onFailure(failed(this.#options.paths.database, fault))
  }

  /** Writes everything that is marked now. */
  async #round(): Promise<KeeperFault | undefined> {
    try {
      const fault = await this.#ensureFile()
      return fault ?? (await this.#writeMarked())
    } catch (error) {
      return faultOf(error)
    }
  }

  async #writeMarked(): Promise<KeeperFault | undefined> {
    const file = this.#file as StoreFile
    const [upTo, generation, keys] = [this.#position, this.#generation, [...this.#marked]]
    this.#marked.clear()
    for (let at = 0; at === 0 || at < keys.length; at += CHUNKS_AT_ONCE) {
      const isLast = at + CHUNKS_AT_ONCE >= keys.length
      const isAll = this.#completeness === 'rewriting' && isLast && generation === this.#generation
      const state = {
        position: isLast ? upTo : file.position,
        complete: this.#completeness === 'whole' || isAll,
      }
      const some = keys.slice(at, at + CHUNKS_AT_ONCE)
      const fault = await file.write(
        some.map((key) => ({ key, text: this.#shelves.encode(key) })),
        state,
      )
      if (fault !== undefined) {
        for (const key of keys.slice(at)) this.#marked.add(key)
        return fault
      }
      this.#durableBatch = file.batch
      if (some.some((key) => key.startsWith('t'))) this.#isLabelled = false
      if (isAll && generation === this.#generation) this.#completeness = 'whole'
    }
    this.#settle(upTo)
    return undefined
  }

  #settle(upTo: number): void {
    if (!this.#isLabelled) this.#label()
    this.#flushedPosition = upTo
    const [done, waiting] = [[] as Waiter[], [] as Waiter[]]
    for (const waiter of this.#waiters) (waiter.position <= upTo ? done : waiting).push(waiter)
    this.#waiters = waiting
    for (const { resolve } of done) resolve()
  }

  #label(): void {
    const position = this.#file?.position ?? 0
    writeLabel(this.#options.paths.label, { format: 1, position, tokens: [...this.#shelves.tokens] })
    this.#isLabelled = true
  }

  #tryLabel(): KeeperFault | undefined {
    try {
      this.#label()
      return undefined
    } catch (error) {
      return faultOf(error)
    }
  }

  /** Opens the database again after a failure, or makes a new one. */
  async #ensureFile(): Promise<KeeperFault | undefined> {
    if (this.#file !== undefined) return undefined
    const { clock, paths } = this.#options
    const isNew = this.#durableBatch === 0
    const opened = await StoreFile.open({ path: paths.database, clock, isNew, onChunk: () => undefined })
    // behind what was reported durable: a failed flush took more with it than its own transaction
    if (opened.ok && opened.file.batch >= this.#durableBatch) {
      this.#file = opened.file
      return undefined
    }
    if (opened.ok) await opened.file.stop()
    else if (opened.kind === 'failed') return opened
    quarantine(paths.database, clock.epochMs())
    this.#durableBatch = 0
    for (const key of this.#shelves.keys()) this.#marked.add(key)
    if (this.#completeness === 'whole') this.#startAnew()
    const reason = opened.ok ? 'transactions are missing that were durable' : opened.reason
    return { kind: 'damaged', reason, system: '' }
  }

  /** Until everything is written again the database must not count. */
  #startAnew(): void {
    this.#completeness = 'rewriting'
    this.#generation++
  }
}

function faultOf(error: unknown): KeeperFault {
  const { message, code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return { kind: 'failed', reason: message, system: code }
}

function failed(path: string, { kind, reason, system }: KeeperFault): MillraceError {
  const context = { code: system, call: 'write', path }
  return kind === 'failed'
    ? new MillraceError(
        'storage-failed',
        `${path}: cannot be written, will be tried again: ${reason}`,
        context,
      )
    : new MillraceError('storage-damaged', `${path}: is damaged and will be written anew: ${reason}`, context)
}
