import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { programFile } from '../../core/package-files.ts'
import { MillraceError } from '../../core/errors.ts'
import { TIERS } from '../../core/tiers.ts'
import { publishCursor } from '../../memory/atomics.ts'
import { CONTROL_JOURNAL_STOP } from '../../memory/layout/control.layout.ts'
import type { Finding } from '../../storage/journal/findings.ts'
import { STORAGE_OK, type StorageState } from '../../storage/journal/storage-state.ts'
import type { Foundation } from '../foundation.ts'
import type { FromJournal, JournalRecipe } from './recipes.ts'

const ENTRY = programFile('engine/threads/journal.worker.js')

export interface JournalHandlers {
  readonly onState: (state: StorageState) => void
  /** It has ended by itself: nothing becomes durable any more. */
  readonly onEnd: (error: MillraceError) => void
}

type StateInWords = Omit<StorageState, 'sinceMs'>

/** The thread of the journal. */
export class JournalThread {
  readonly #foundation: Foundation
  readonly #worker: Worker
  #state: StateInWords = STORAGE_OK
  #isStopping = false
  #ended = false

  private constructor(foundation: Foundation, worker: Worker, { onState, onEnd }: JournalHandlers) {
    this.#foundation = foundation
    this.#worker = worker
    worker.on('message', (message: FromJournal) => {
      if (message.kind !== 'state') return
      this.#state = message.state
      onState(message.state)
    })
    let cause: unknown
    worker.once('error', (error) => (cause = error)) // its exit follows
    worker.once('exit', () => this.#noteEnd(cause, onEnd))
  }

  /** Resolves when the journal is open, with what was found at its end. Rejects with `storage-failed`. */
  static async start(
    foundation: Foundation,
    options: Omit<JournalRecipe, 'memory' | 'kernels' | 'plan'>,
    handlers: JournalHandlers,
  ): Promise<{ readonly journal: JournalThread; readonly findings: readonly Finding[] }> {
    const { memory, module, plan } = foundation
    const workerData: JournalRecipe = { memory: memory.memory, kernels: module, plan, ...options }
    const worker = new Worker(ENTRY, { workerData, name: 'millrace-journal' })
    const [message] = (await once(worker, 'message')) as [FromJournal]
    if (message.kind === 'unopened') throw new MillraceError('storage-failed', message.message)
    const findings = message.kind === 'open' ? message.findings : []
    return { journal: new JournalThread(foundation, worker, handlers), findings }
  }

  get state(): StateInWords {
    return this.#state
  }

  get isRunning(): boolean {
    return !this.#ended
  }

  #noteEnd(cause: unknown, onEnd: JournalHandlers['onEnd']): void {
    this.#ended = true
    if (this.#isStopping) return
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    const error = new MillraceError('internal', `the journal has ended${reason}`, {}, cause)
    this.#state = { status: 'failing', refusedTiers: TIERS.length, cause: 'other', message: error.message }
    onEnd(error)
  }

  /** Makes durable what is routed, if the disk lets it, and ends. */
  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#ended) return
    const { memory, plan, signals } = this.#foundation
    const ended = once(this.#worker, 'exit')
    publishCursor(memory.i32, plan.at.control + CONTROL_JOURNAL_STOP, 1)
    signals.wakeAll()
    await ended
  }
}
