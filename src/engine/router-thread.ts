import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { programFile } from '../core/package-files.ts'
import { publishCursor } from '../memory/atomics.ts'
import { AGENT_OFF, AGENT_STATE, AGENT_STOP } from '../memory/layout/control.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { Foundation } from './foundation.ts'
import type { ThreadRecipe } from './threads/recipe.ts'

const ENTRY = programFile('engine/threads/router.worker.js')

/** The thread of the router. */
export class RouterThread {
  readonly #foundation: Foundation
  readonly #worker: Worker
  #ended = false
  #stopping = false
  #lose: () => void = () => undefined
  /** Resolves if it ever ends by itself. */
  readonly lost = new Promise<void>((resolve) => (this.#lose = resolve))

  private constructor(foundation: Foundation, worker: Worker) {
    this.#foundation = foundation
    this.#worker = worker
    worker.once('exit', () => this.#noteEnd())
  }

  /** False once it has ended, whether by `stop` or by a bug: then nothing that comes in gets any further. */
  get isRunning(): boolean {
    return !this.#ended
  }

  /** Resolves when it routes. `onFailure` is told if it ever ends by itself. */
  static async start(foundation: Foundation, onFailure: (error: unknown) => void): Promise<RouterThread> {
    const { memory, module, plan } = foundation
    const workerData: ThreadRecipe = { memory: memory.memory, kernels: module, plan }
    const worker = new Worker(ENTRY, { workerData, name: 'millrace-router' })
    await once(worker, 'message')
    worker.on('error', onFailure)
    return new RouterThread(foundation, worker)
  }

  async stop(): Promise<void> {
    if (this.#ended) return
    this.#stopping = true
    const { memory, plan, signals } = this.#foundation
    const ended = once(this.#worker, 'exit')
    publishCursor(memory.i32, placeOf.routerAgent(plan) + AGENT_STOP, 1)
    signals.wakeAll()
    await ended
  }

  /** A census must not wait for it any longer. */
  #noteEnd(): void {
    this.#ended = true
    const { memory, plan } = this.#foundation
    publishCursor(memory.i32, placeOf.routerAgent(plan) + AGENT_STATE, AGENT_OFF)
    if (!this.#stopping) this.#lose()
  }
}
