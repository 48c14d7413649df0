import { once } from 'node:events'
import { createServer } from 'node:net'
import { MillraceError } from '../../core/errors.ts'
import { FIRST_LISTENER_RING } from '../sizing.ts'
import type { Listening } from './listener.ts'
import { ListenerThread } from './listener-thread.ts'
import type { Listeners, ListenersParts } from './listeners.ts'
import { NameDesk } from './name-desk.ts'

/** Several listeners that share one port, each on a thread of its own with its own ring. */
export class ListenerThreads implements Listeners {
  readonly hasWaiting = false
  readonly #parts: ListenersParts
  readonly #names: NameDesk
  #threads: readonly ListenerThread[] = []

  constructor(parts: ListenersParts) {
    const { config, directory } = parts.assembly
    this.#parts = parts
    this.#names = new NameDesk(directory, config.admission === 'known')
  }

  async listen(): Promise<Listening> {
    const { host, port, listeners } = this.#parts.assembly.config
    await checkFree(host, port)
    this.#threads = Array.from(
      { length: listeners },
      (_, index) => new ListenerThread(this.#parts, this.#names, FIRST_LISTENER_RING + index),
    )
    await Promise.all(this.#threads.map((thread) => thread.listening))
    return { host, port, server: 'uws' }
  }

  /** Each thread answers its own senders. */
  settle(): void {}

  senderName(ring: number, source: number): string | Promise<string> {
    return this.#threads[ring - FIRST_LISTENER_RING]?.senderName(source) ?? ''
  }

  async beginShutdown(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.beginShutdown()))
  }

  giveUp(reason: string): void {
    for (const thread of this.#threads) thread.giveUp(reason)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
    this.#names.close()
  }
}

/** Sharing a port among threads would let another process share it as well, by accident; so it must be free before. */
async function checkFree(host: string, port: number): Promise<void> {
  const probe = createServer()
  try {
    probe.listen({ host, port, exclusive: true })
    await once(probe, 'listening')
  } catch (error) {
    throw new MillraceError('listen-failed', `cannot listen on ${host}:${port}`, { host, port }, error)
  }
  probe.close()
  await once(probe, 'close')
}
