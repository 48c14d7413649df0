import type { Clock } from '../../core/clock.ts'
import type { NameResolver } from '../../core/names.ts'
import type { NameQuestion } from './messages.ts'
import { NameMailbox } from './name-mailbox.ts'

/** A main thread that doesn't answer for this long is busy with something that nobody foresaw. */
const ANSWER_WAIT_MS = 2000
/** Names remembered in each of two generations, of which the older goes when the younger is full. */
const REMEMBERED = 200_000

export interface AskedNamesParts {
  readonly mailbox: SharedArrayBuffer
  readonly clock: Clock
  readonly post: (question: NameQuestion) => void
  /** Runs what blocks the thread, standing still for the census meanwhile. */
  readonly rest: <T>(wait: () => T) => T
}

/**
 * Names by asking the main thread, which registers new ones under the admission rule before it answers. A name is
 * asked for once; a device that is removed, or a name that becomes known, makes all of them be asked for again.
 */
export class AskedNames implements NameResolver {
  readonly #parts: AskedNamesParts
  readonly #mailbox: NameMailbox
  readonly #devices = new Remembered()
  readonly #metrics = new Remembered()
  #generation = 0
  #asked = 0

  constructor(parts: AskedNamesParts) {
    this.#parts = parts
    this.#mailbox = new NameMailbox(parts.mailbox)
  }

  get generation(): number {
    return this.#mailbox.generation
  }

  deviceId(name: string): number {
    return this.#resolve(this.#devices, 'device', name)
  }

  metricId(name: string): number {
    return this.#resolve(this.#metrics, 'metric', name)
  }

  #resolve(remembered: Remembered, of: NameQuestion['of'], name: string): number {
    const { generation } = this.#mailbox
    if (generation !== this.#generation) this.#forget(generation)
    const known = remembered.get(name)
    if (known !== undefined) return known
    const id = this.#ask(of, name)
    if (id === undefined) return 0
    remembered.set(name, id)
    return id
  }

  #ask(of: NameQuestion['of'], name: string): number | undefined {
    const { clock, post, rest } = this.#parts
    const number = (this.#asked = (this.#asked + 1) | 0)
    post({ kind: 'name', number, of, name })
    return rest(() => this.#mailbox.await(number, ANSWER_WAIT_MS, () => clock.nowMs()))
  }

  #forget(generation: number): void {
    this.#generation = generation
    this.#devices.clear()
    this.#metrics.clear()
  }
}

/** The names met last. */
class Remembered {
  #young = new Map<string, number>()
  #old = new Map<string, number>()

  get(name: string): number | undefined {
    const young = this.#young.get(name)
    if (young !== undefined) return young
    const old = this.#old.get(name)
    if (old !== undefined) this.set(name, old)
    return old
  }

  set(name: string, id: number): void {
    if (this.#young.size >= REMEMBERED) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, id)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
