import type { Clock } from '../../core/clock.ts'
import { FREE_TURN } from '../../ingest/websocket/stream-server.ts'
import { observeCursor, waitForChange } from '../../memory/atomics.ts'
import { RING_ROUTE_CURSOR } from '../../memory/layout/ring.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import { Authenticator } from '../../security/tokens.ts'
import { FIRST_LISTENER_RING } from '../sizing.ts'
import { hangUp, type Listener, type Listening, openListener } from './listener.ts'
import { admitDevice, type Listeners, type ListenersParts, SWEEP_EVERY_MS } from './listeners.ts'

/** The only listener, on the main thread. */
export class MainListener implements Listeners {
  readonly #listener: Listener
  readonly #clock: Clock
  readonly #stopSweeping: () => void

  private constructor(parts: ListenersParts, listener: Listener) {
    this.#listener = listener
    this.#clock = parts.assembly.clock
    this.#stopSweeping = parts.assembly.clock.every(SWEEP_EVERY_MS, () => listener.intake.sweep())
  }

  static async open(parts: ListenersParts): Promise<MainListener> {
    const { clock, config, directory, events, foundation, quarantine, partRefusals } = parts.assembly
    const authenticator = new Authenticator(config.auth)
    const listener = await openListener({
      foundation,
      config,
      ring: FIRST_LISTENER_RING,
      clock,
      names: directory,
      authenticate: (token) => admitDevice(authenticator, token, clock.epochMs()),
      http: parts.http,
      tls: parts.tls,
      pause: (ms) => pause(parts, ms),
      wantAnswers: () => foundation.doorbell.wantAnswers(),
      turn: FREE_TURN,
      partRefusals,
      quarantine: ({ cause, source, bytes, size }) => quarantine.add(cause, source, bytes, size),
      onError: (error) => events.tell('failure', error),
      onWarning: (message) => events.tell('warning', message),
    })
    return new MainListener(parts, listener)
  }

  get hasWaiting(): boolean {
    return this.#listener.producer.answersWanted > 0
  }

  async listen(): Promise<Listening> {
    const endpoint = await this.#listener.listen()
    return { ...endpoint, server: this.#listener.server.kind === 'ws' ? 'ws' : 'uws' }
  }

  settle(): void {
    this.#listener.intake.settle()
  }

  senderName(_ring: number, source: number): string {
    return this.#listener.intake.sourceName(source)
  }

  async beginShutdown(): Promise<void> {
    this.#listener.intake.beginShutdown()
  }

  giveUp(reason: string): void {
    this.#listener.intake.giveUp(reason)
  }

  async close(): Promise<void> {
    this.#stopSweeping()
    await hangUp(this.#listener, this.#clock, FREE_TURN)
  }
}

/** While the ring is full this thread has nothing better to do than to take in what the workers say. */
function pause({ assembly: { foundation, egress } }: ListenersParts, ms: number): void {
  const cursor = placeOf.ringControl(foundation.plan, FIRST_LISTENER_RING) + RING_ROUTE_CURSOR
  const before = observeCursor(foundation.memory.i32, cursor)
  egress.drainForATurn()
  waitForChange(foundation.memory.i32, cursor, before, ms)
}
