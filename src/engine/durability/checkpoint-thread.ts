import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { programFile } from '../../core/package-files.ts'
import { MillraceError } from '../../core/errors.ts'
import { publishCursor, wakeWaiters } from '../../memory/atomics.ts'
import type { Foundation } from '../foundation.ts'
import type { StreamShare } from '../pipelines/stream-snapshots.ts'
import type {
  Captured,
  CheckpointFigures,
  CheckpointRecipe,
  Extras,
  FromCheckpoint,
  ToCheckpoint,
} from './recipes.ts'

const ENTRY = programFile('engine/threads/checkpoint.worker.js')

const LARGE_BYTES = 1 << 19

/** What the main thread adds to what is captured. */
export type ExtrasFor = (captured: Captured) => Promise<Extras>

/** The thread that takes checkpoints, one at a time. */
export class CheckpointThread {
  readonly #worker: Worker
  readonly #hurry = new Int32Array(new SharedArrayBuffer(4))
  #ended = false

  constructor(
    { memory, module, plan }: Foundation,
    options: Omit<CheckpointRecipe, 'memory' | 'kernels' | 'plan' | 'hurry'>,
  ) {
    const hurry = this.#hurry.buffer
    const workerData: CheckpointRecipe = { memory: memory.memory, kernels: module, plan, hurry, ...options }
    this.#worker = new Worker(ENTRY, { workerData, name: 'millrace-checkpoint' })
    this.#worker.on('error', () => undefined) // whoever waits is told
    this.#worker.once('exit', () => (this.#ended = true))
  }

  /** Rejects with the reason when there is none this time; what is there stays as it is. */
  async take(streams: readonly StreamShare[], extrasFor: ExtrasFor): Promise<CheckpointFigures> {
    const captured = await this.#ask({ kind: 'take', streams })
    if (captured.kind !== 'captured') throw failed(captured)
    const extras = await extrasFor(captured)
    const done = await this.#ask({ kind: 'extras', ...extras })
    if (done.kind !== 'done') throw failed(done)
    return done.figures
  }

  /** From now on it rests no more: nobody else needs disk and processor. */
  hurry(): void {
    publishCursor(this.#hurry, 0, 1)
    wakeWaiters(this.#hurry, 0)
  }

  async close(): Promise<void> {
    if (this.#ended) return
    const ended = once(this.#worker, 'exit')
    this.#tell({ kind: 'close' })
    await ended
  }

  /** In the middle of whatever it does: what it has not published doesn't count. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  async #ask(question: ToCheckpoint): Promise<FromCheckpoint> {
    if (this.#ended) throw new MillraceError('internal', 'the thread of the checkpoints has ended')
    const answer = once(this.#worker, 'message') // rejects with the thread's error
    this.#tell(question)
    const [message] = (await answer) as [FromCheckpoint]
    return message
  }

  /** What is large is handed over, not copied: this thread has more to do. */
  #tell(message: ToCheckpoint): void {
    const large = message.kind === 'extras' ? Object.values(message.extras).filter(isLarge) : []
    this.#worker.postMessage(
      message,
      large.map(({ buffer }) => buffer as ArrayBuffer),
    )
  }
}

/** Small ones may share their memory with others. */
const isLarge = ({ length }: Uint8Array): boolean => length >= LARGE_BYTES

const failed = (message: FromCheckpoint): MillraceError =>
  new MillraceError(
    'storage-failed',
    message.kind === 'failed' ? message.message : `unexpected ${message.kind}`,
  )
