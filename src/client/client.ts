import { MillraceError } from '../core/errors.ts'
import { deviceIdOf } from '../core/ids.ts'
import { newBacklog } from './backlog.ts'
import { newDelivery } from './delivery.ts'
import { newEmitter, type ClientEvents } from './events.ts'
import { READING_BYTES, putReading, viewOf } from './frame-encoder.ts'
import type { Frame, Kept } from './frame.ts'
import type { Settings } from './options.ts'
import { faultOf, type Reading } from './reading.ts'
import type { ClientStats, Counts } from './stats.ts'
import type { OpenWire } from './wire.ts'

/**
 * Hands readings to a server and answers for each of them until the server has taken it or it is given up out loud.
 * Made by `connect`. Takes readings at once, connected or not; when its buffer is full, it says so.
 */
export interface Client {
  /** Calls `listener` at each such event; returns what ends that. What it throws is told as an unhandled rejection. */
  on<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): () => void

  /**
   * Hands over readings; resolves when all of them are in the buffer, which is at once unless it is full or the name of
   * a metric is new. Rejects with `bad-request` if one of them is not valid (then none is taken), with the server's
   * error if it refuses a metric's name, with `closed` after `close`.
   *
   * @example
   * await client.send({ device: 'pump-7', metric: 'temperature', value: 21.4 })
   */
  send(readings: Reading | readonly Reading[]): Promise<void>

  /** Like `send`, but never waits: returns how many were taken, from the first on. Fewer than all: full for now. */
  trySend(readings: Reading | readonly Reading[]): number

  /**
   * One reading as numbers, for programs with many: no object is made and nothing is checked but that the client is
   * open. False: full or closed, nothing was taken. `time`: NaN = now (see `stampTime`), 0 = time of arrival.
   */
  write(deviceId: number, metricId: number, value: number, time?: number, lat?: number, lon?: number): boolean

  /** Ends the open frame now instead of after `lingerMs`; false if there is no room for it. */
  seal(): boolean

  /** Resolves when everything handed over so far is acknowledged or given up; rejects with `closed` if that can't be. */
  flush(): Promise<void>

  /** Resolves when there is a connection. */
  connected(): Promise<void>

  /**
   * Takes no more readings, waits up to `drainMs` for what is not settled, and closes. Returns the number of readings
   * left over: they stay in the folder if there is one, or else are given up with the reason `closed`.
   */
  close(how?: { readonly drainMs?: number }): Promise<number>

  stats(): ClientStats
}

/** @internal */
export function newClient(settings: Settings, openWire: OpenWire, kept: Kept): Client {
  const { clock, batchReadings, stampTime } = settings
  const { on, emit } = newEmitter()
  const store = kept.openStore?.(emit, clock)
  const backlog = newBacklog(settings, kept, store)
  const counts: Counts = {
    connections: 0,
    sent: 0,
    recovered: backlog.size().readings,
    acknowledged: 0,
    givenUp: 0,
    framesResent: 0,
    unreadableReplies: 0,
    credit: 0,
    refused: {},
  }
  const metricIds = new Map(Object.entries(settings.metrics))
  /** Readings of the open frame, and how many there are. */
  const open = new Uint8Array(batchReadings * READING_BYTES)
  const view = viewOf(open)
  let count = 0
  /** When the first of them was handed over. */
  let openedMs = 0
  /** True if the open frame was to be sealed and there was no room. */
  let isOverdue = false
  let cancelLinger: (() => void) | undefined
  /** What `send` could not take at once, one call behind the other. */
  let queue: Promise<unknown> = Promise.resolve()
  let queued = 0
  /** Woken when there may be room, or less unsettled. */
  const waiters: (() => void)[] = []
  let isClosing = false
  let isClosed = false

  const delivery = newDelivery(settings, openWire, backlog, counts, emit, changed)
  if (settings.onGivenUp) on('givenUp', settings.onGivenUp)
  const refuseIf = (isOver: boolean) => {
    if (isOver) throw new MillraceError('closed', 'the client is closed')
  }
  const change = () => new Promise<void>((resolve) => waiters.push(resolve))
  const metricIdOf = (reading: Reading) => reading.metricId ?? metricIds.get(reading.metric)

  function changed(): void {
    // tried again by whoever hands over more, too
    if (isOverdue) seal()
    for (const wake of waiters.splice(0)) wake()
  }

  /** Throws if one of them is not valid. */
  function checked(readings: Reading | readonly Reading[]): readonly Reading[] {
    const list = Array.isArray(readings) ? (readings as readonly Reading[]) : [readings as Reading]
    refuseIf(isClosing)
    list.forEach((reading, i) => {
      const fault = faultOf(reading)
      if (fault) throw new MillraceError('bad-request', `reading ${i}: ${fault}`)
    })
    return list
  }

  async function send(readings: Reading | readonly Reading[]): Promise<void> {
    const list = checked(readings)
    const taken = take(list)
    if (taken === list.length) return
    queued++
    const turn = queue.then(() => takeAll(list.slice(taken))).finally(() => queued--)
    queue = turn.catch(() => undefined)
    await turn
  }

  /** Takes readings until one doesn't go, none while others wait; returns how many. */
  function take(list: readonly Reading[]): number {
    const at = queued ? 0 : list.findIndex((reading) => !takeOne(reading))
    return at < 0 ? list.length : at
  }

  function takeOne(reading: Reading): boolean {
    const metricId = metricIdOf(reading)
    if (metricId === undefined) return false
    const deviceId = reading.deviceId ?? deviceIdOf(reading.device)
    return write(deviceId, metricId, Number(reading.value), reading.time, reading.lat, reading.lon)
  }

  async function takeAll(list: readonly Reading[]): Promise<void> {
    for (const reading of list)
      while (!takeOne(reading)) {
        refuseIf(isClosing)
        await (learning(reading) ?? change())
      }
  }

  /** Asks for the number of a metric that has none yet. How that is done is loaded when it is needed. */
  function learning(reading: Reading): Promise<void> | undefined {
    if (metricIdOf(reading) === undefined)
      return import('./metrics-dictionary.ts').then(({ learnMetric }) =>
        learnMetric(reading.metric!, metricIds, settings, () => refuseIf(isClosing), MillraceError),
      )
  }

  function write(
    deviceId: number,
    metricId: number,
    value: number,
    time = NaN,
    lat = NaN,
    lon = NaN,
  ): boolean {
    if (isClosing || (count === batchReadings && !seal())) return false
    if (!count) {
      openedMs = clock.epochMs()
      cancelLinger = clock.after(settings.lingerMs, seal)
    }
    const stamped = time === time ? time : stampTime ? clock.epochMs() : 0
    putReading(view, count++ * READING_BYTES, deviceId, metricId, value, stamped, lat, lon)
    counts.sent++
    if (count === batchReadings) seal()
    return true
  }

  const openReadings = () => open.subarray(0, count * READING_BYTES)

  function seal(): boolean {
    if (count) {
      const frame = backlog.add(openReadings(), openedMs)
      isOverdue = !frame
      if (frame) {
        count = 0
        cancelLinger!()
        delivery.begin(frame)
      }
    }
    return !isOverdue
  }

  async function flush(): Promise<void> {
    await queue
    while (!seal()) await change()
    for (const frame of [...backlog.frames.values()])
      for (let now: Frame | undefined = frame; now; now = now.again)
        while (backlog.frames.has(now.seq)) {
          refuseIf(isClosed)
          await change()
        }
  }

  async function close({ drainMs = 5000 } = {}): Promise<number> {
    if (isClosing) return 0
    isClosing = true
    let cancel: (() => void) | undefined
    const late = new Promise<void>((resolve) => (cancel = clock.after(drainMs, resolve)))
    await Promise.race([flush().catch(() => undefined), late])
    cancel?.()
    cancelLinger?.()
    seal()
    const left = backlog.size(count).readings
    delivery.close(!!store, openReadings())
    count = 0
    isClosed = true
    store?.close()
    changed()
    return left
  }

  return {
    on,
    send,
    trySend(readings) {
      const list = checked(readings)
      const taken = take(list)
      // asked for now, known at a later call; what the server says to it is told by `send`
      if (taken < list.length) learning(list[taken])?.catch(() => undefined)
      return taken
    },
    write,
    seal,
    flush,
    async connected() {
      while (!delivery.isOpen()) await change()
    },
    close,
    stats: () => ({
      ...counts,
      refused: { ...counts.refused },
      name: backlog.name(),
      isConnected: delivery.isOpen(),
      unsettled: backlog.size(count),
      framesInFlight: delivery.flight.size,
      nextSeq: backlog.nextSeq(),
    }),
  }
}
