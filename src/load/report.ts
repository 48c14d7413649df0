import type { LatencySummary } from '../core/stats.ts'
import type { LoadOptions } from './options.ts'
import type { Tally } from './tally.ts'

/** What a run did. Rates are of well-formed frames over the time of sending. */
export interface LoadReport {
  readonly url: string
  readonly format: 'binary' | 'json'
  readonly readingsPerFrame: number
  readonly devices: number
  /** True if it was ended before its time. */
  readonly interrupted: boolean
  readonly seconds: number
  readonly frames: number
  readonly readings: number
  readonly anomalies: number
  readonly bytes: number
  readonly framesPerSecond: number
  readonly readingsPerSecond: number
  /** Frames that were due and could not be sent in time for the end. */
  readonly unsentFrames: number
  readonly refused: {
    readonly frames: number
    /** Frames of which only some readings were refused. */
    readonly partFrames: number
    readonly readings: number
    readonly byReason: Readonly<Record<string, number>>
  }
  readonly malformed: { readonly sent: number; readonly replies: number }
  /** Readings that the client library gave up. */
  readonly givenUp: number
  readonly unauthorizedReplies: number
  readonly unreadableReplies: number
  readonly connections: {
    readonly opened: number
    /** Closed by the server or broken, by close code. */
    readonly closed: number
    readonly closeCodes: Readonly<Record<string, number>>
    readonly failed: number
  }
  /** Null unless acknowledgements were asked for. */
  readonly acknowledged: {
    readonly frames: number
    readonly unanswered: number
    /** From the intended time of sending; null if nothing was acknowledged. */
    readonly latencyMs: LatencySummary | null
  } | null
  /** CPU seconds of this process per second. */
  readonly cpuShare: number
}

export interface RunFacts {
  readonly seconds: number
  readonly interrupted: boolean
  readonly anomalies: number
  readonly unsentFrames: number
  readonly cpuShare: number
}

const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits))

export function reportOf(options: LoadOptions, tally: Tally, facts: RunFacts): LoadReport {
  const per = (amount: number) => (facts.seconds > 0 ? rounded(amount / facts.seconds, 1) : 0)
  return {
    url: options.url.href,
    format: options.format,
    readingsPerFrame: options.frame,
    devices: options.devices,
    interrupted: facts.interrupted,
    seconds: rounded(facts.seconds, 3),
    frames: tally.frames,
    readings: tally.readings,
    anomalies: facts.anomalies,
    bytes: tally.bytes,
    framesPerSecond: per(tally.frames),
    readingsPerSecond: per(tally.readings),
    unsentFrames: facts.unsentFrames,
    refused: {
      frames: tally.refusedFrames,
      partFrames: tally.partlyRefusedFrames,
      readings: tally.refusedReadings,
      byReason: Object.fromEntries(tally.refusedByReason),
    },
    malformed: { sent: tally.malformedFrames, replies: tally.malformedReplies },
    givenUp: tally.givenUpReadings,
    unauthorizedReplies: tally.unauthorized,
    unreadableReplies: tally.unreadableReplies,
    connections: {
      opened: tally.connectionsOpened,
      closed: tally.connectionsClosed,
      closeCodes: Object.fromEntries(tally.closeCodes),
      failed: tally.connectionsFailed,
    },
    acknowledged: options.ack
      ? { frames: tally.acceptedFrames, unanswered: tally.unanswered, latencyMs: tally.latency.summary() }
      : null,
    cpuShare: rounded(facts.cpuShare, 3),
  }
}

const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

/** The latencies on one line. */
function latencyLine(latency: LatencySummary): string {
  const ms = (value: number) => `${value.toFixed(2)} ms`
  return `p50 ${ms(latency.p50)}, p90 ${ms(latency.p90)}, p99 ${ms(latency.p99)}, p99.9 ${ms(latency.p999)}, max ${ms(latency.max)}`
}

/** The report for people. */
export function reportText(report: LoadReport): string {
  const { refused, malformed, connections, acknowledged } = report
  const reasons = Object.entries(refused.byReason).map(
    ([reason, readings]) => `${reason}: ${grouped(readings)}`,
  )
  const codes = Object.entries(connections.closeCodes).map(([code, times]) => `${code}: ${grouped(times)}`)
  const among = (list: string[]) => (list.length > 0 ? ` (${list.join(', ')})` : '')
  const lines = [
    `sent        ${grouped(report.readings)} readings in ${grouped(report.frames)} frames, ${report.seconds.toFixed(1)} s${report.interrupted ? ', interrupted' : ''}`,
    `rate        ${grouped(report.readingsPerSecond)} readings/s, ${grouped(report.framesPerSecond)} frames/s`,
    `unsent      ${grouped(report.unsentFrames)} frames were due and could not be sent`,
    `anomalies   ${grouped(report.anomalies)} readings`,
    `refused     ${grouped(refused.readings)} readings; ${grouped(refused.frames)} whole frames, ${grouped(refused.partFrames)} in part${among(reasons)}`,
    `malformed   ${grouped(malformed.sent)} frames sent, ${grouped(malformed.replies)} answered as malformed`,
    `connections ${grouped(connections.opened)} opened, ${grouped(connections.closed)} closed by the server${among(codes)}, ${grouped(connections.failed)} failed`,
  ]
  if (report.givenUp > 0) lines.push(`given up    ${grouped(report.givenUp)} readings`)
  if (report.unauthorizedReplies > 0)
    lines.push(`unauthorized ${grouped(report.unauthorizedReplies)} replies`)
  if (report.unreadableReplies > 0) lines.push(`unreadable  ${grouped(report.unreadableReplies)} replies`)
  if (acknowledged) {
    lines.push(
      `accepted    ${grouped(acknowledged.frames)} frames, ${grouped(acknowledged.unanswered)} unanswered`,
    )
    if (acknowledged.latencyMs)
      lines.push(`latency     ${latencyLine(acknowledged.latencyMs)} (from the intended time)`)
  }
  lines.push(`own CPU     ${(report.cpuShare * 100).toFixed(0)} % of one core`)
  return lines.join('\n')
}

/** Prints a line for each second that passes, from the growth of the tally. */
export class Progress {
  readonly #tally: Tally
  readonly #print: (line: string) => void
  #seconds = 0
  #readings = 0
  #frames = 0
  #lastMs: number

  constructor(tally: Tally, startMs: number, print: (line: string) => void) {
    this.#tally = tally
    this.#lastMs = startMs
    this.#print = print
  }

  tick(nowMs: number): void {
    const tally = this.#tally
    const seconds = (nowMs - this.#lastMs) / 1000
    const readings = (tally.readings - this.#readings) / seconds
    const frames = (tally.frames - this.#frames) / seconds
    this.#lastMs = nowMs
    this.#readings = tally.readings
    this.#frames = tally.frames
    const p99 = tally.latency.summary()?.p99
    this.#print(
      `${String(++this.#seconds).padStart(4)} s  ${grouped(readings)} readings/s  ${grouped(frames)} frames/s  ` +
        `refused ${grouped(tally.refusedReadings)}  malformed ${grouped(tally.malformedReplies)}` +
        (p99 === undefined ? '' : `  ack p99 ${p99.toFixed(2)} ms`),
    )
  }
}
