import { systemClock, type Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { binaryFrameBytes, BinaryTape } from './binary-tape.ts'
import { mixedRandom } from './chance.ts'
import { Connection } from './connection.ts'
import { JsonTape } from './json-tape.ts'
import { prepareLatency } from './latency.ts'
import { malformedMessages } from './malformed-frames.ts'
import type { LoadOptions } from './options.ts'
import { mixedSenders, Population, tieredSenders, type Sender } from './population.ts'
import { Progress, reportOf, type LoadReport } from './report.ts'
import { Pace, ramp, saturating, steady, type Schedule } from './schedule.ts'
import { ServerApi } from './server-api.ts'
import { gaussianTable, Signal } from './signal.ts'
import { Tally } from './tally.ts'
import type { Tape, TapePlan } from './tape.ts'
import { zipf } from './zipf.ts'

/** Where progress goes, line by line, and what ends a run early. */
export interface LoadIo {
  readonly err: (line: string) => void
  readonly signal: AbortSignal
}

const TICK_MS = 1
const OPENING_AT_ONCE = 100
/** How long the end waits for bytes to leave and for acknowledgements. */
const DRAIN_MS = 2000
const DRAIN_STEP_MS = 10
/** Readings on all tapes together, at least; and bytes, at most. */
const TAPE_READINGS = 65_536
const MAX_TAPE_BYTES = 4 * 1024 ** 3
const JSON_READING_BYTES = 110
const VALUE_METRIC = { name: 'value', id: 1 }

/**
 * Runs a load: prepares the server and the frames, keeps to the schedule until its end or the signal, and tells what
 * happened. Throws a MillraceError if it can't begin.
 */
export async function runLoad(
  options: LoadOptions,
  io: LoadIo,
  clock: Clock = systemClock(),
): Promise<LoadReport> {
  const [metric] = await Promise.all([metricOf(options), prepareLatency()])
  const population = new Population(options)
  if (options.tiers) await new ServerApi(options.url, options.token).registerDevices(population, io.signal)
  const tally = new Tally()
  const noise = gaussianTable(mixedRandom(options.seed))
  const parts = sendersOf(options, population).map((sender, index) =>
    partOf({ options, population, sender, index, metric, noise, tally, clock }),
  )
  try {
    await openAll(parts, io.signal)
    const facts = await send(parts, options, tally, io, clock)
    return reportOf(options, tally, {
      ...facts,
      anomalies: parts.reduce((sum, part) => sum + part.signal.anomalies, 0),
    })
  } finally {
    await Promise.all(parts.map(({ connection }) => connection.close()))
    tally.latency.close()
  }
}

async function metricOf({ metric, format, url, token }: LoadOptions): Promise<TapePlan['metric']> {
  if (metric === VALUE_METRIC.name || format === 'json') return { name: metric, id: VALUE_METRIC.id }
  return { name: metric, id: await new ServerApi(url, token).metricId(metric) }
}

function sendersOf(options: LoadOptions, population: Population): Sender[] {
  const readings = Math.max(options.devices, TAPE_READINGS, options.connections * options.frame)
  const perReading =
    options.format === 'json' ? JSON_READING_BYTES : (binaryFrameBytes(options.frame) + 8) / options.frame
  if (readings * perReading > MAX_TAPE_BYTES) {
    const gigabytes = ((readings * perReading) / 1e9).toFixed(1)
    throw new MillraceError(
      'bad-config',
      `--devices, --connections and --frame need ${gigabytes} GB of prepared frames: expected at most 4.2`,
    )
  }
  return options.tierPerConnection && options.tiers
    ? tieredSenders(population, options.tiers, options.connections)
    : mixedSenders(population, options.connections)
}

interface Part {
  readonly connection: Connection
  readonly signal: Signal
}

interface PartPlan {
  readonly options: LoadOptions
  readonly population: Population
  readonly sender: Sender
  readonly index: number
  readonly metric: TapePlan['metric']
  readonly noise: Float64Array
  readonly tally: Tally
  readonly clock: Clock
}

function partOf({ options, population, sender, index, metric, noise, tally, clock }: PartPlan): Part {
  const random = mixedRandom(Math.imul(options.seed, 1_000_003) + index + 1)
  if (sender.devices.length === 0) {
    throw new MillraceError(
      'bad-config',
      `--devices ${options.devices}: expected enough for each tier to have one`,
    )
  }
  const signal = new Signal(noise, options.anomalies, random)
  const plan = {
    url: options.url,
    token: options.token,
    tape: tapeOf(options, population, sender, metric, random),
    pace: new Pace(scheduleOf(options), sender.weight, index / options.connections),
    signal,
    malformedShare: options.malformed,
    malformedMessage: malformedMessages(options.format, random),
    random,
    ack: options.ack,
    window: options.window,
  }
  return { signal, connection: new Connection(plan, tally, clock) }
}

function scheduleOf(options: LoadOptions): Schedule {
  if (options.ramp) {
    return ramp(options.ramp.from / options.frame, options.ramp.to / options.frame, options.ramp.durationMs)
  }
  return options.rate === null ? saturating : steady(options.rate / options.frame)
}

function tapeOf(
  options: LoadOptions,
  population: Population,
  sender: Sender,
  metric: TapePlan['metric'],
  random: Random,
): Tape {
  const { devices } = sender
  const wanted = Math.max(devices.length, TAPE_READINGS / options.connections)
  const readings = Math.ceil(wanted / options.frame) * options.frame
  const next = options.skew > 0 ? zipf(devices.length, options.skew, random) : null
  const plan: TapePlan = {
    slots: Uint32Array.from({ length: readings }, (_, i) => devices[next ? next() : i % devices.length]),
    readingsPerFrame: options.frame,
    metric,
    timed: options.time === 'intended',
    acknowledged: options.ack,
  }
  return options.format === 'json' ? new JsonTape(population, plan) : new BinaryTape(population, plan)
}

async function openAll(parts: readonly Part[], stop: AbortSignal): Promise<void> {
  for (let from = 0; from < parts.length && !stop.aborted; from += OPENING_AT_ONCE) {
    await Promise.all(parts.slice(from, from + OPENING_AT_ONCE).map(({ connection }) => connection.open()))
  }
}

/** The run itself: ticks until its end, then lets what is under way arrive; taking leave brings the last replies. */
async function send(parts: readonly Part[], options: LoadOptions, tally: Tally, io: LoadIo, clock: Clock) {
  const connections = parts.map(({ connection }) => connection)
  const startMs = clock.nowMs()
  const cpu = process.cpuUsage()
  const progress = new Progress(tally, startMs, io.err)
  const pump = () => connections.forEach((connection) => connection.pump())
  for (const connection of connections) connection.begin(startMs, options.durationMs)
  const stopPumping = clock.every(TICK_MS, pump)
  const stopProgress = options.json ? () => undefined : clock.every(1000, () => progress.tick(clock.nowMs()))
  await ended(options.durationMs, io.signal, clock)
  stopPumping()
  stopProgress()
  const endMs = clock.nowMs()
  for (const connection of connections) connection.finish(endMs)
  const { user, system } = process.cpuUsage(cpu)
  const seconds = (endMs - startMs) / 1000
  const cpuShare = (user + system) / 1e6 / Math.max(seconds, 1e-9)
  await drained(connections, clock)
  await Promise.all(connections.map((connection) => connection.close()))
  const unsentFrames = connections.reduce((sum, connection) => sum + connection.behindBy(endMs), 0)
  return { seconds, cpuShare, interrupted: io.signal.aborted, unsentFrames }
}

function ended(durationMs: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const finish = () => {
      cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.after(durationMs, finish)
    signal.addEventListener('abort', finish)
  })
}

/** Waits until nothing is queued or unanswered, for a bounded time. */
async function drained(connections: readonly Connection[], clock: Clock): Promise<void> {
  const deadlineMs = clock.nowMs() + DRAIN_MS
  const busy = () => connections.some(({ queuedBytes, unanswered }) => queuedBytes > 0 || unanswered > 0)
  while (busy() && clock.nowMs() < deadlineMs) {
    await new Promise<void>((resolve) => clock.after(DRAIN_STEP_MS, resolve))
  }
}
