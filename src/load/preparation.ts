import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { binaryFrameBytes, BinaryTape } from './binary-tape.ts'
import { mixedRandom } from './chance.ts'
import { ClientConnection } from './client-connection.ts'
import { Connection } from './connection.ts'
import { JsonTape } from './json-tape.ts'
import type { LoadConnection } from './load-connection.ts'
import { malformedMessages } from './malformed-frames.ts'
import type { LoadOptions } from './options.ts'
import { mixedSenders, tieredSenders, type Population, type Sender } from './population.ts'
import { Pace, ramp, saturating, steady, type Schedule } from './schedule.ts'
import { gaussianTable, Signal } from './signal.ts'
import type { Tally } from './tally.ts'
import { ReadingStock } from './reading-stock.ts'
import type { TapePlan } from './tape.ts'
import { zipf } from './zipf.ts'

/** Readings on all tapes together, at least; and bytes, at most. */
const TAPE_READINGS = 65_536
const MAX_TAPE_BYTES = 4 * 1024 ** 3
const JSON_READING_BYTES = 110

/** One connection, not opened yet, and what it sends. */
export interface Part {
  readonly connection: LoadConnection
  readonly signal: Signal
}

/** Lays out all frames of a run and makes its connections. */
export function prepare(
  options: LoadOptions,
  population: Population,
  metric: TapePlan['metric'],
  tally: Tally,
  clock: Clock,
): Part[] {
  const noise = gaussianTable(mixedRandom(options.seed))
  return sendersOf(options, population).map((sender, index) =>
    partOf({ options, population, sender, index, metric, noise, tally, clock }),
  )
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
  const pace = new Pace(scheduleOf(options), sender.weight, index / options.connections)
  const tapePlan = tapePlanOf(options, sender, metric, random)
  const common = { url: options.url, token: options.token, pace, signal, window: options.window }
  if (options.sender === 'client') {
    const stock = new ReadingStock(population, tapePlan)
    const plan = { ...common, stock, batch: options.batch }
    return { signal, connection: new ClientConnection(plan, tally, clock) }
  }
  const plan = {
    ...common,
    tape:
      options.format === 'json' ? new JsonTape(population, tapePlan) : new BinaryTape(population, tapePlan),
    malformedShare: options.malformed,
    malformedMessage: malformedMessages(options.format, random),
    random,
    ack: options.ack,
  }
  return { signal, connection: new Connection(plan, tally, clock) }
}

function scheduleOf(options: LoadOptions): Schedule {
  if (options.ramp) {
    return ramp(options.ramp.from / options.frame, options.ramp.to / options.frame, options.ramp.durationMs)
  }
  return options.rate === null ? saturating : steady(options.rate / options.frame)
}

function tapePlanOf(
  options: LoadOptions,
  { devices }: Sender,
  metric: TapePlan['metric'],
  random: Random,
): TapePlan {
  const wanted = Math.max(devices.length, TAPE_READINGS / options.connections)
  const readings = Math.ceil(wanted / options.frame) * options.frame
  const next = options.skew > 0 ? zipf(devices.length, options.skew, random) : null
  return {
    slots: Uint32Array.from({ length: readings }, (_, i) => devices[next ? next() : i % devices.length]),
    readingsPerFrame: options.frame,
    metric,
    timed: options.time === 'intended',
    acknowledged: options.ack,
  }
}
