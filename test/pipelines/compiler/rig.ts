import type { FusedOutput } from '../../../src/pipelines/compiler/compiled-pipeline.ts'
import type { Lookup } from '../../../src/pipelines/definition/outside.ts'
import { BLOCK_ROWS, type ReadingBlock } from '../../../src/pipelines/definition/reading-block.ts'
import type { Envelope } from '../../../src/pipelines/runtime/operator.ts'

export const METRICS = ['', 'temperature', 'door', 'humidity']
export const REGIONS = ['unassigned', 'north', 'south']

/** Knows devices 1 to 9 as `d1` … `d9`. */
export const lookup: Lookup = {
  metricName: (id) => METRICS[id] ?? `#${id}`,
  metricId: (name) => (METRICS.includes(name) ? METRICS.indexOf(name) : undefined),
  regionName: (index) => REGIONS[index],
  device: (id) =>
    id >= 1 && id <= 9
      ? { name: `d${id}`, tenant: id < 5 ? 'a' : 'b', attributes: { floor: id % 3 } }
      : undefined,
}

export interface Row {
  device?: number
  metric?: string
  time?: number
  value?: number
  region?: number
  tier?: number
}

export function blockOf(rows: readonly Row[]): ReadingBlock {
  const doubles = (value: (row: Row, index: number) => number): Float64Array =>
    Float64Array.from({ length: BLOCK_ROWS }, (_, index) =>
      index < rows.length ? value(rows[index], index) : 0,
    )
  const metrics = rows.map(({ metric = 'temperature' }) => METRICS.indexOf(metric))
  return {
    count: rows.length,
    device: doubles(({ device = 1 }) => device),
    metric: Uint16Array.from({ length: BLOCK_ROWS }, (_, index) => metrics[index] ?? 0),
    time: doubles(({ time }, index) => time ?? 1000 + index),
    value: doubles(({ value = 0 }) => value),
    lat: doubles(() => NaN),
    lon: doubles(() => NaN),
    region: Uint8Array.from(doubles(({ region = 0 }) => region)),
    tier: Uint8Array.from(doubles(({ tier = 2 }) => tier)),
    score: doubles(() => 0),
  }
}

interface TakenRow {
  readonly low: number
  readonly high: number
  readonly text: string | undefined
  readonly time: number
  readonly row: number
  readonly inputs: readonly number[]
}

/** Keeps what the fused part says. */
export class Recorder implements FusedOutput {
  readonly windows: Record<string, TakenRow[]> = {}
  readonly items: Record<string, Envelope[]> = {}
  readonly patterns: Record<string, { row: number; mask: number }[]> = {}
  readonly errors: { node: string; row: number; message: string }[] = []

  rows: FusedOutput['rows'] = (window, rows) => {
    for (let i = 0; i < rows.count; i++)
      (this.windows[window] ??= []).push({
        ...{ low: rows.keyLow[i], high: rows.keyHigh[i], text: rows.keyText[i], time: rows.time[i] },
        ...{ row: rows.row[i], inputs: rows.inputs.map((column) => column[i]) },
      })
  }

  matching: FusedOutput['matching'] = (pattern, rows) => {
    for (let i = 0; i < rows.count; i++)
      (this.patterns[pattern] ??= []).push({ row: rows.row[i], mask: rows.mask[i] })
  }

  item: FusedOutput['item'] = (from, envelope) => void (this.items[from] ??= []).push(envelope)

  error: FusedOutput['error'] = (node, row, error) =>
    void this.errors.push({ node, row, message: (error as Error).message })
}
