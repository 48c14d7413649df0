/** What was measured of the real engine, for the simulator to go by. */
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import type { Span } from '../scenario/values.ts'

const milliseconds = z.number().min(0).max(3_600_000)

const calibrationFile = z.strictObject({
  machine: z.string(),
  /** Readings per second that one worker does with the built-in pipeline. */
  workerReadingsPerSecond: z.number().gt(0),
  /** From the request of a worker until it works: the median, and nearly the longest. */
  workerStartMs: z.strictObject({ median: milliseconds, p99: milliseconds }),
  /** What a reading takes when nothing is in its way: the median. */
  latencyMs: milliseconds,
})

export type Calibration = z.output<typeof calibrationFile>

/**
 * Where a scenario and a calibration say nothing: a worker whose pipelines take a microsecond for each reading (the built-in one
 * takes a ninth of that); it starts, and readings pass, about as fast as `--calibrate` measured on two cores.
 */
export const DEFAULT_CALIBRATION: Calibration = {
  machine: '2 × Intel Xeon at 2.50 GHz, Node v20.20.2',
  workerReadingsPerSecond: 1_000_000,
  workerStartMs: { median: 5, p99: 45 },
  latencyMs: 2,
}

/** A node is a machine, of which the engine knows nothing before it is there. */
export const NODE_START: Span = { least: 30_000, most: 60_000 }

/** Reads what `--calibrate` wrote; `file` is what messages call it. */
export function parseCalibration(text: string, file: string): Calibration {
  const checked = calibrationFile.safeParse(jsonOf(text, file))
  if (checked.success) return checked.data
  throw new MillraceError('bad-config', `${file} is no calibration: ${z.prettifyError(checked.error)}`)
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new MillraceError('bad-config', `${file} is no JSON: ${(error as Error).message}`)
  }
}
