import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import { deviceIdOf } from '../core/ids.ts'
import type { Random } from '../core/random.ts'
import { Backlog } from './backlog.ts'
import { Delivery } from './delivery.ts'
import { Emitter, type ClientEvents, type FrameSummary, type GivenUp } from './events.ts'
import { FrameEncoder, HEAD_BYTES, READING_BYTES, readingsOf } from './frame-encoder.ts'
import type { Frame, Kept } from './frame.ts'
import { Link } from './link.ts'
import { MetricsBook } from './metrics-book.ts'
import type { Settings } from './options.ts'
import { faultOf, type Reading } from './reading.ts'
import type { ClientStats } from './stats.ts'
import type { OpenWire } from './wire.ts'

export interface ClientParts {
  readonly openWire: OpenWire
  readonly kept: Kept
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: Random
}

const DONE = Promise.resolve()
const REMEMBERED_DEVICES = 100_000
const SWEEP_MS = 1000

interface FlushWaiter {
  /** Frames up to this number. */
  upTo: number
  readonly done: () => void
}

/**
 * Hands readings to a server and answers for each of them until the server has taken it or it is given up out loud.
 * Made by `connect`. Takes readings at once, connected or not; when its buffer is full, it says so.
 */
export class Client {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #events = new Emitter()
  readonly #encoder: FrameEncoder
  readonly #backlog: Backlog
  readonly #delivery: Delivery
  readonly #link: Link
  readonly #metrics: MetricsBook
  readonly #devices = new Map<string, number>()
  readonly #endSweep: () => void
  #cancelLinger: () => void = () => undefined
  /** True if the open frame was to be sealed and there was no room. */
  #isOverdue = false
  /** When the first reading of the open frame was handed over. */
  #openedMs = 0
  #roomWaiters: (() => void)[] = []
  #flushWaiters: FlushWaiter[] = []
  /** What `send` could not take at once, one call behind the other. */
  #queue: Promise<void> = DONE
  #queued = 0
  #isClosing = false
  #sent = 0
  #recovered: number
  #acknowledged = 0
  #givenUp = 0
  #connections = 0

  /** @internal */
  constructor(settings: Settings, parts: ClientParts) {
    const { clock, random, kept } = parts
    this.#settings = settings
    this.#clock = clock
    this.#encoder = new FrameEncoder(settings.batchReadings)
    this.#backlog = new Backlog(kept, {
      frames: settings.bufferFrames,
      bytes: settings.bufferBytes,
      memoryBytes: settings.memoryBytes,
    })
    this.#recovered = this.#backlog.readings
    this.#delivery = new Delivery(this.#backlog, settings, this.#deliveryEvents(), clock, random)
    this.#metrics = new MetricsBook({
      clock,
      fetch: parts.fetch,
      known: settings.metrics,
      http: async () => ({ base: httpOf(settings.url), token: await settings.token() }),
    })
    this.#link = this.#newLink(parts)
    this.#delivery.attach(this.#link)
    this.#endSweep = clock.every(SWEEP_MS, () => this.#sweep())
    this.#link.open()
    if (kept.damage.length > 0) clock.after(0, () => kept.damage.forEach((what) => this.#tellDamage(what)))
  }

  /** Calls `listener` at each such event; returns what ends that. */
  on<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Hands over readings; resolves when all of them are in the buffer, which is at once unless it is full or the name of
   * a metric is new. Rejects with `bad-request` if one of them is not valid (then none is taken), with the server's
   * error if it refuses a metric's name, with `closed` after `close`.
   *
   * @example
   * await client.send({ device: 'pump-7', metric: 'temperature', value: 21.4 })
   */
  send(readings: Reading | readonly Reading[]): Promise<void> {
    const list = listOf(readings)
    const refusal = this.#refusalOf(list)
    if (refusal) return Promise.reject(refusal)
    const taken = this.#queued > 0 ? 0 : this.#take(list)
    if (taken === list.length) return DONE
    this.#queued++
    const rest = this.#queue.then(() => this.#takeRest(list, taken))
    this.#queue = rest.catch(() => undefined).then(() => void this.#queued--)
    return rest
  }

  /** Like `send`, but never waits: returns how many were taken, from the first on. Fewer than all: full for now. */
  trySend(readings: Reading | readonly Reading[]): number {
    const list = listOf(readings)
    const refusal = this.#refusalOf(list)
    if (refusal) throw refusal
    if (this.#queued > 0) return 0
    const taken = this.#take(list)
    // asked for now, known at a later call; what the server says to it is told by `send`
    if (taken < list.length) this.#learn(list[taken]).catch(() => undefined)
    return taken
  }

  /**
   * One reading as numbers, for programs with many: no object is made and nothing is checked but that the client is
   * open. False: full, nothing was taken. `time`: NaN = now (see `stampTime`), 0 = time of arrival.
   */
  write(deviceId: number, metricId: number, value: number, time = NaN, lat = NaN, lon = NaN): boolean {
    const encoder = this.#encoder
    if (encoder.count === encoder.capacity && !this.seal()) return false
    const stamped = time === time ? time : this.#settings.stampTime ? this.#clock.epochMs() : 0
    encoder.add(deviceId, metricId, value, stamped, lat, lon)
    this.#sent++
    if (encoder.count === 1) this.#openedMs = this.#clock.epochMs()
    if (encoder.count === encoder.capacity) this.seal()
    else if (encoder.count === 1) this.#linger()
    return true
  }

  /** Ends the open frame now instead of after `lingerMs`; false if there is no room for it. */
  seal(): boolean {
    const encoder = this.#encoder
    const { count } = encoder
    this.#isOverdue = count > 0
    if (count === 0) return true
    if (this.#backlog.renewIfUsedUp()) this.#link.drop('begins again under another name')
    if (!this.#backlog.hasRoom(HEAD_BYTES + count * READING_BYTES)) return false
    try {
      const frame = this.#backlog.add(encoder.frame(this.#backlog.nextSeq), this.#openedMs)
      encoder.count = 0
      this.#isOverdue = false
      this.#cancelLinger()
      this.#events.emit('sealed', this.#summary(frame))
    } catch (error) {
      // tried again by the sweep, and by whoever hands over more
      this.#events.emit('storageFailed', error)
      return false
    }
    this.#delivery.pump()
    return true
  }

  /** Resolves when everything handed over so far is acknowledged or given up. */
  async flush(): Promise<void> {
    await this.#queue
    while (!this.seal()) await this.#room()
    const upTo = this.#backlog.nextSeq - 1
    await new Promise<void>((done) => {
      this.#flushWaiters.push({ upTo, done })
      this.#tellFlushed()
    })
  }

  /** Resolves when there is a connection. */
  connected(): Promise<void> {
    if (this.#link.isOpen) return DONE
    return new Promise((resolve) => {
      const off = this.on('connected', () => {
        off()
        resolve()
      })
    })
  }

  /**
   * Takes no more readings, waits up to `drainMs` for what is not settled, and closes. Returns the number of readings
   * left over: they stay in the folder if there is one, or else are given up with the reason `closed`.
   */
  async close({ drainMs = 5000 }: { readonly drainMs?: number } = {}): Promise<number> {
    if (this.#isClosing) return 0
    this.#isClosing = true
    this.#metrics.close()
    await this.#drained(drainMs)
    this.seal()
    this.#endSweep()
    this.#cancelLinger()
    const left = this.#backlog.readings + this.#encoder.count
    if (!this.#backlog.isLasting) this.#giveUpRest()
    else if (this.#encoder.count > 0) this.#giveUpOpen()
    this.#delivery.close()
    this.#link.close()
    this.#backlog.close()
    this.#wakeRoomWaiters()
    return left
  }

  stats(): ClientStats {
    const { frames, readings, bytes, outbox, nextSeq, instance } = this.#backlog
    return {
      name: nameOf(this.#settings.client, instance),
      isConnected: this.#link.isOpen,
      connections: this.#connections,
      sent: this.#sent,
      recovered: this.#recovered,
      acknowledged: this.#acknowledged,
      givenUp: this.#givenUp,
      unsettled: { frames, readings: readings + this.#encoder.count, bytes },
      framesInFlight: outbox.inFlight,
      framesResent: this.#delivery.resent,
      refused: Object.fromEntries(this.#delivery.refusals),
      unreadableReplies: this.#delivery.unreadable,
      credit: this.#delivery.credit,
      nextSeq,
    }
  }

  #newLink({ openWire, clock, random }: ClientParts): Link {
    const { url, client, token } = this.#settings
    return new Link({
      openWire,
      clock,
      random,
      times: this.#settings,
      address: async () => {
        const address = new URL(url)
        address.searchParams.set('client', nameOf(client, this.#backlog.instance))
        return { url: address, token: await token() }
      },
      isOwed: () => this.#backlog.outbox.inFlight > 0,
      opened: () => {
        this.#connections++
        this.#events.emit('connected')
        this.#delivery.opened()
      },
      message: (bytes) => this.#delivery.message(bytes),
      closed: (code, reason, retryInMs) => {
        this.#delivery.closed(code, reason)
        this.#events.emit('disconnected', code, reason, retryInMs)
      },
    })
  }

  #deliveryEvents() {
    const events = this.#events
    return {
      acknowledged: (frame: Frame, except: readonly number[]) => {
        this.#acknowledged += frame.count - except.length
        events.emit('acknowledged', this.#summary(frame), except)
      },
      refused: (frame: Frame, reason: string, indexes: readonly number[] | null, again: Frame | null) => {
        // what a flush waits for goes on under another number
        for (const waiter of this.#flushWaiters)
          if (again && frame.seq <= waiter.upTo) waiter.upTo = again.seq
        events.emit('refused', this.#summary(frame), reason, indexes, again && this.#summary(again))
      },
      givenUp: (frame: Frame, indexes: readonly number[] | null, reason: string) =>
        this.#tellGivenUp(frame, indexes, reason),
      settled: () => {
        if (this.#isOverdue) this.seal()
        this.#tellFlushed()
        this.#wakeRoomWaiters()
      },
      storageFailed: (error: unknown) => events.emit('storageFailed', error),
    }
  }

  #refusalOf(list: readonly Reading[]): MillraceError | null {
    if (this.#isClosing) return new MillraceError('closed', 'the client is closed')
    for (let i = 0; i < list.length; i++) {
      const fault = faultOf(list[i])
      if (fault !== '') return new MillraceError('bad-request', `reading ${i}: ${fault}`)
    }
    return null
  }

  /** Takes readings until one doesn't go; returns how many. */
  #take(list: readonly Reading[]): number {
    let taken = 0
    while (taken < list.length && this.#takeOne(list[taken])) taken++
    return taken
  }

  #takeOne(reading: Reading): boolean {
    const metricId = reading.metricId ?? this.#metrics.idOf(reading.metric)
    if (metricId === 0) return false
    const deviceId = reading.deviceId ?? this.#deviceId(reading.device)
    return this.write(deviceId, metricId, Number(reading.value), reading.time, reading.lat, reading.lon)
  }

  async #takeRest(list: readonly Reading[], from: number): Promise<void> {
    for (let i = from; i < list.length;) {
      if (this.#takeOne(list[i])) i++
      else if (!(await this.#learn(list[i]))) await this.#room()
    }
  }

  /** Asks for the number of a metric that has none yet; false if it has one. */
  async #learn({ metric }: Reading): Promise<boolean> {
    if (metric === undefined || this.#metrics.idOf(metric) !== 0) return false
    await this.#metrics.learn(metric)
    return true
  }

  #deviceId(name: string): number {
    const known = this.#devices.get(name)
    if (known !== undefined) return known
    if (this.#devices.size >= REMEMBERED_DEVICES) this.#devices.clear()
    const id = deviceIdOf(name)
    this.#devices.set(name, id)
    return id
  }

  #linger(): void {
    this.#cancelLinger = this.#clock.after(this.#settings.lingerMs, () => void this.seal())
  }

  #sweep(): void {
    if (this.#settings.maxAgeMs < Infinity) this.#delivery.expire()
    if (this.#isOverdue) this.seal()
    this.#wakeRoomWaiters()
  }

  async #room(): Promise<void> {
    await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    if (this.#isClosing) throw new MillraceError('closed', 'closed before there was room')
  }

  #wakeRoomWaiters(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
  }

  #tellFlushed(): void {
    if (this.#flushWaiters.length === 0) return
    const oldest = this.#backlog.outbox.oldestSeq
    const isDone = ({ upTo }: FlushWaiter) => oldest > upTo
    for (const waiter of this.#flushWaiters.filter(isDone)) waiter.done()
    this.#flushWaiters = this.#flushWaiters.filter((waiter) => !isDone(waiter))
  }

  async #drained(drainMs: number): Promise<void> {
    let cancel: () => void = () => undefined
    const late = new Promise<void>((resolve) => (cancel = this.#clock.after(drainMs, resolve)))
    await Promise.race([this.flush().catch(() => undefined), late])
    cancel()
  }

  #giveUpRest(): void {
    this.#delivery.giveUpAll('closed')
    this.#giveUpOpen()
  }

  #giveUpOpen(): void {
    const { count } = this.#encoder
    if (count === 0) return
    this.#givenUp += count
    this.#tell({
      readings: readingsOf(this.#encoder.frame(0)),
      seq: 0,
      reason: 'closed',
      tries: 0,
      isUncertain: false,
    })
    this.#encoder.count = 0
  }

  #tellGivenUp(frame: Frame, indexes: readonly number[] | null, reason: string): void {
    this.#givenUp += indexes?.length ?? frame.count
    const all = this.#readingsOf(frame)
    const readings = indexes ? indexes.map((index) => all[index]) : all
    this.#tell({ readings, seq: frame.seq, reason, tries: frame.tries, isUncertain: frame.isUncertain })
  }

  #tellDamage(what: string): void {
    this.#tell({ readings: [], seq: 0, reason: `storage-damaged: ${what}`, tries: 0, isUncertain: true })
  }

  #tell(givenUp: GivenUp): void {
    const { onGivenUp } = this.#settings
    onGivenUp?.(givenUp)
    this.#events.emit('givenUp', givenUp)
    if (!onGivenUp && !this.#events.has('givenUp'))
      console.warn(`millrace: gave up ${givenUp.readings.length} readings: ${givenUp.reason}`)
  }

  #summary(frame: Frame): FrameSummary {
    return { seq: frame.seq, count: frame.count, readings: () => this.#readingsOf(frame) }
  }

  #readingsOf(frame: Frame) {
    try {
      return readingsOf(this.#backlog.bytesOf(frame))
    } catch (error) {
      this.#events.emit('storageFailed', error)
      return []
    }
  }
}

const listOf = (readings: Reading | readonly Reading[]): readonly Reading[] =>
  Array.isArray(readings) ? (readings as readonly Reading[]) : [readings as Reading]

const nameOf = (client: string, instance: string): string =>
  client === '' ? instance : `${client}~${instance}`

const httpOf = (stream: URL): URL =>
  new URL(`${stream.protocol === 'wss:' ? 'https' : 'http'}://${stream.host}/`)
