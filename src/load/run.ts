import { systemClock, type Clock } from '../core/clock.ts'
import type { LoadConnection } from './load-connection.ts'
import { prepareLatency } from './latency.ts'
import type { LoadOptions } from './options.ts'
import { Population } from './population.ts'
import { prepare, type Part } from './preparation.ts'
import { Progress, reportOf, type LoadReport } from './report.ts'
import { ServerApi } from './server-api.ts'
import { Tally } from './tally.ts'
import type { TapePlan } from './tape.ts'

/** Where progress goes, line by line, and what ends a run early. */
export interface LoadIo {
  readonly err: (line: string) => void
  readonly signal: AbortSignal
}

/** What is due is looked for this often, so a frame may leave this much after its time (its latency says so). */
const TICK_MS = 1
const OPENING_AT_ONCE = 100
/** How long the end waits for bytes to leave and for acknowledgements. */
const DRAIN_MS = 2000
const DRAIN_STEP_MS = 10
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
  const parts = prepare(options, population, metric, tally, clock)
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
  // timers may be a little early, and what is due in the last moment belongs to the run
  const endMs = io.signal.aborted ? clock.nowMs() : Math.max(clock.nowMs(), startMs + options.durationMs)
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
async function drained(connections: readonly LoadConnection[], clock: Clock): Promise<void> {
  const deadlineMs = clock.nowMs() + DRAIN_MS
  const busy = () => connections.some(({ queuedBytes, unanswered }) => queuedBytes > 0 || unanswered > 0)
  while (busy() && clock.nowMs() < deadlineMs) {
    await new Promise<void>((resolve) => clock.after(DRAIN_STEP_MS, resolve))
  }
}
