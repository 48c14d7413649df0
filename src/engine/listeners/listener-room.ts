import type { Clock } from '../../core/clock.ts'
import type { PartRefusals } from '../../ingest/part-refusals.ts'
import type { QuarantineEntry } from '../../ingest/quarantine-entry.ts'
import { AgentGate } from '../../memory/agents/agent-gate.ts'
import { Signals } from '../../memory/agents/signals.ts'
import { Turns } from '../../memory/agents/turns.ts'
import { observeCursor, waitForChange, whenChanged } from '../../memory/atomics.ts'
import { RING_JOURNAL_CURSOR, RING_ROUTE_CURSOR } from '../../memory/layout/ring.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import { type SharedMemory, viewMemory } from '../../memory/shared-memory.ts'
import { Authenticator } from '../../security/tokens.ts'
import { openPartRefusals } from '../part-refusals.ts'
import { AskedNames } from './asked-names.ts'
import { ForwardedHttp } from './forwarded-http.ts'
import { hangUp, type Listener, openListener } from './listener.ts'
import { admitDevice, SWEEP_EVERY_MS } from './listeners.ts'
import type { FromListener, ListenerRecipe, ToListener } from './messages.ts'

/** Refusals of frames without a seq, which nobody waits for, are answered this often. */
const LOOK_EVERY_MS = 20
/** The route cursor is looked at again after this long, whether it was moved or not. */
const CURSOR_TIMEOUT_MS = 50

/**
 * A listener on a thread of its own. What the main thread owns is reached by messages: HTTP, names, records. Answers
 * are given here: while senders wait for one, the thread is called by each step of the router (or the journal) through its ring.
 */
export class ListenerRoom {
  readonly #recipe: ListenerRecipe
  readonly #clock: Clock
  readonly #post: (message: FromListener) => void
  readonly #memory: SharedMemory
  readonly #gate: AgentGate
  readonly #turns: Turns
  readonly #http: ForwardedHttp
  readonly #partRefusals: PartRefusals
  readonly #lastCursor: number
  readonly #malformed: QuarantineEntry[] = []
  #listener: Listener | undefined
  #timers: readonly (() => void)[] = []
  #settling: Promise<void> | undefined
  #isClosed = false

  constructor(recipe: ListenerRecipe, clock: Clock, post: (message: FromListener) => void) {
    const { plan, ring } = recipe
    this.#recipe = recipe
    this.#clock = clock
    this.#post = post
    this.#memory = viewMemory(recipe.memory)
    this.#gate = new AgentGate(this.#memory, plan.at.control, placeOf.listenerAgent(plan, ring))
    this.#turns = new Turns(this.#gate)
    this.#http = new ForwardedHttp(post)
    const foundation = { memory: this.#memory, plan }
    this.#partRefusals = openPartRefusals(foundation, recipe.partRefusals)
    this.#partRefusals.onAdd((refusal) => post({ kind: 'partRefusal', refusal }))
    const last = plan.needs.isDurable === true ? RING_JOURNAL_CURSOR : RING_ROUTE_CURSOR
    this.#lastCursor = placeOf.ringControl(plan, ring) + last
  }

  async listen(): Promise<void> {
    const listener = await this.#open()
    this.#listener = listener
    const endpoint = await listener.listen()
    this.#timers = [
      this.#clock.every(LOOK_EVERY_MS, () => this.#look(listener)),
      this.#clock.every(SWEEP_EVERY_MS, () => listener.intake.sweep()),
    ]
    this.#post({ kind: 'listening', endpoint })
  }

  handle(message: ToListener): void {
    if (message.kind === 'response') this.#http.answered(message)
    else if (message.kind === 'chunk') this.#http.write(message.id, message.chunk)
    else if (message.kind === 'sender') this.#nameSender(message.id, message.source)
    else if (message.kind === 'partRefusal') this.#partRefusals.learn(message.refusal)
    else if (message.kind === 'shutDown') this.#beginShutdown()
    else if (message.kind === 'giveUp') this.#giveUp(message.reason)
  }

  /** Answers what is routed, says goodbye and frees the port. µWebSockets must be closed before its thread ends. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const stop of this.#timers) stop()
    await this.#settling
    if (this.#listener !== undefined) await this.#hangUp(this.#listener)
    this.#gate.leave()
  }

  #open(): Promise<Listener> {
    const { plan, ring, config, tls, mailbox } = this.#recipe
    const clock = this.#clock
    const post = this.#post
    const authenticator = new Authenticator(config.auth)
    const signals = new Signals(this.#memory, plan.at.control)
    const rest = <T>(wait: () => T): T => this.#turns.rest(wait)
    return openListener({
      foundation: { memory: this.#memory, plan, signals },
      config,
      ring,
      clock,
      names: new AskedNames({ mailbox, clock, post, rest }),
      authenticate: (token) => admitDevice(authenticator, token, clock.epochMs()),
      http: this.#http.handle,
      tls,
      pause: (ms) => this.#pause(ms),
      wantAnswers: () => this.#settleSoon(),
      turn: this.#turns,
      partRefusals: this.#partRefusals,
      quarantine: (entry) => this.#keep(entry),
      onError: (error) => post({ kind: 'failure', error: sendable(error) }),
      onWarning: (message) => post({ kind: 'warning', message }),
    })
  }

  #pause(ms: number): void {
    const { i32 } = this.#memory
    const before = observeCursor(i32, this.#lastCursor)
    this.#turns.rest(() => waitForChange(i32, this.#lastCursor, before, ms))
  }

  #settleSoon(): void {
    this.#settling ??= this.#settleWhileWanted()
  }

  async #settleWhileWanted(): Promise<void> {
    const { i32 } = this.#memory
    // not at once: the frame that wants the answer is only just being handed over
    await Promise.resolve()
    while (!this.#isClosed && this.#listener !== undefined && this.#listener.producer.answersWanted > 0) {
      const before = observeCursor(i32, this.#lastCursor)
      this.#settle(this.#listener)
      if (this.#listener.producer.answersWanted === 0) break
      await whenChanged(i32, this.#lastCursor, before, CURSOR_TIMEOUT_MS)
    }
    this.#settling = undefined
  }

  #settle({ intake }: Listener): void {
    this.#turns.begin()
    try {
      intake.settle()
    } catch (error) {
      this.#post({ kind: 'failure', error: sendable(error) })
    } finally {
      this.#turns.end()
    }
  }

  #look(listener: Listener): void {
    this.#settle(listener)
    if (this.#malformed.length > 0) this.#post({ kind: 'quarantine', entries: this.#malformed.splice(0) })
  }

  /** Of a flood only what the quarantine would keep is sent on. */
  #keep(entry: QuarantineEntry): void {
    if (this.#malformed.length >= this.#recipe.config.limits.quarantine) this.#malformed.shift()
    this.#malformed.push(entry)
  }

  #nameSender(id: number, source: number): void {
    this.#post({ kind: 'sender', id, name: this.#listener?.intake.sourceName(source) ?? '' })
  }

  #beginShutdown(): void {
    this.#listener?.intake.beginShutdown()
    this.#post({ kind: 'refusing' })
  }

  #giveUp(reason: string): void {
    this.#turns.begin()
    try {
      this.#listener?.intake.giveUp(reason)
    } finally {
      this.#turns.end()
    }
  }

  async #hangUp(listener: Listener): Promise<void> {
    this.#look(listener)
    await hangUp(listener, this.#clock, this.#turns)
  }
}

/** Not every error can be copied to another thread. */
function sendable(error: unknown): Error {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return Object.assign(new Error(message), { stack })
}
