/** The same statistics as one would write them down: a line or a row after the other into a Map. */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { READING_BYTES, READING_TIME, READING_VALUE } from '../src/memory/layout/reading.layout.ts'
import type { RecordedFormat } from './pipeline-history-input.ts'

interface PlainSum {
  n: number
  sum: number
  least: number
  most: number
}

/** By device and end of the minute. */
export type PlainSums = Map<string, PlainSum>

export async function plainStatistics(path: string, format: RecordedFormat): Promise<PlainSums> {
  const sums: PlainSums = new Map()
  if (format === 'mrf') {
    addFrames(sums, readFileSync(path))
    return sums
  }
  let isHeader = format === 'csv'
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (isHeader) isHeader = false
    else if (format === 'csv') {
      const [device, , value, time] = line.split(',')
      add(sums, device, Number(value), Number(time))
    } else {
      const { device, value, time } = JSON.parse(line) as { device: string; value: number; time: number }
      add(sums, device, value, time)
    }
  }
  return sums
}

/** Frames of one metric: readings are the last thing in each. */
function addFrames(sums: PlainSums, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at)
    const count = Math.floor((end - at) / READING_BYTES) - 1
    for (let i = 1; i <= count; i++) {
      const row = end - i * READING_BYTES
      const device = String(Number(bytes.readBigUInt64LE(row) >> 16n))
      add(sums, device, bytes.readDoubleLE(row + READING_VALUE), bytes.readDoubleLE(row + READING_TIME))
    }
    at = end
  }
}

function add(sums: PlainSums, device: string, value: number, time: number): void {
  const key = `${device} ${(Math.floor(time / 60_000) + 1) * 60_000}`
  const sum = sums.get(key)
  if (sum === undefined) sums.set(key, { n: 1, sum: value, least: value, most: value })
  else {
    sum.n++
    sum.sum += value
    sum.least = Math.min(sum.least, value)
    sum.most = Math.max(sum.most, value)
  }
}
