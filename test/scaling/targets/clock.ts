/** Virtual time whose timers can be counted, so that it passes only once what is tested waits for it. */
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'

export class WaitingClock extends VirtualClock {
  waiting = 0

  override after(afterMs: number, task: () => void): () => void {
    let isWaiting = true
    this.waiting++
    const done = (): void => {
      if (isWaiting) this.waiting--
      isWaiting = false
    }
    const cancel = super.after(afterMs, () => {
      done()
      task()
    })
    return () => {
      done()
      cancel()
    }
  }

  /** Lets `ms` pass once something waits for time to pass. */
  async passWhenAwaited(ms: number): Promise<void> {
    await until(() => this.waiting > 0)
    this.advance(ms)
    await settled()
  }
}

/** Lets everything run that promises have ready. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve()
}

/** Waits for what happens outside of the virtual time; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}
