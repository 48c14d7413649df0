import type { Clock } from '../../src/core/clock.ts'

/** Time that passes when it is told to. */
export class VirtualClock implements Clock {
  #nowMs = 0
  #next = 1
  readonly #tasks = new Map<number, { atMs: number; everyMs: number; task: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }

  epochMs(): number {
    return 1_767_225_600_000 + this.#nowMs
  }

  every(everyMs: number, task: () => void): () => void {
    return this.#add(everyMs, everyMs, task)
  }

  after(afterMs: number, task: () => void): () => void {
    return this.#add(afterMs, 0, task)
  }

  /** Runs what is due in the next `ms`, in order, with what promises bring between two tasks. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    for (;;) {
      await settled()
      let due: [number, { atMs: number; everyMs: number; task: () => void }] | null = null
      for (const entry of this.#tasks)
        if (entry[1].atMs <= untilMs && (due === null || entry[1].atMs < due[1].atMs)) due = entry
      if (due === null) break
      this.#run(...due)
    }
    this.#nowMs = untilMs
  }

  #run(id: number, timer: { atMs: number; everyMs: number; task: () => void }): void {
    this.#nowMs = Math.max(this.#nowMs, timer.atMs)
    if (timer.everyMs > 0) timer.atMs = this.#nowMs + timer.everyMs
    else this.#tasks.delete(id)
    timer.task()
  }

  #add(inMs: number, everyMs: number, task: () => void): () => void {
    const id = this.#next++
    this.#tasks.set(id, { atMs: this.#nowMs + Math.max(0, inMs), everyMs, task })
    return () => void this.#tasks.delete(id)
  }
}

/** Lets everything run that promises have ready. */
async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve()
}
