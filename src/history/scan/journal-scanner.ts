import { framesOf, readingsOf } from '../../storage/journal/frames.ts'
import { type ChunkReading, ROW_LAT, ROW_LON, ROW_TIME, ROW_VALUE } from './chunk-reading.ts'
import type { MetricNumbers } from './metric-numbers.ts'
import { NO_REGION, NO_TIER } from './scan.layout.ts'
import type { Scanner } from './scanner.ts'

const UNITS_PER_DEGREE = 1e7

/** In front of each record's payload: f64 epochOffsetMs, u32 payload bytes, u32 unused. */
export const RECORD_HEAD_BYTES = 16

/** Payloads of the journal's records, each behind what of its header is needed. Only readings that were taken count. */
export class JournalScanner implements Scanner {
  readonly #metrics: MetricNumbers

  constructor(metrics: MetricNumbers) {
    this.#metrics = metrics
  }

  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let records = 0
    for (let at = from; at < to; records++) {
      const epochOffsetMs = view.getFloat64(at, true)
      const length = view.getUint32(at + 8, true)
      const payload = bytes.subarray(at + RECORD_HEAD_BYTES, at + RECORD_HEAD_BYTES + length)
      const fault = this.#record(payload, epochOffsetMs, into)
      if (fault !== '') into.fault(records, fault)
      at += RECORD_HEAD_BYTES + length
    }
    return records
  }

  #record(payload: Uint8Array, epochOffsetMs: number, into: ChunkReading): string {
    let fault = ''
    for (const frame of framesOf(payload)) {
      if (frame.note !== undefined) continue
      for (const { deviceId, metricId, time, value, lat, lon } of readingsOf(frame)) {
        // 0 and NaN: when it arrived
        into.row[ROW_TIME] = time || frame.receivedMs + epochOffsetMs
        into.row[ROW_VALUE] = value
        into.row[ROW_LAT] = (lat ?? NaN) / UNITS_PER_DEGREE
        into.row[ROW_LON] = (lon ?? NaN) / UNITS_PER_DEGREE
        const wrong = into.put(
          into.deviceOf(Math.floor(deviceId / 0x1_0000), deviceId % 0x1_0000),
          this.#metrics.of(metricId, into),
          NO_REGION,
          NO_TIER,
        )
        if (wrong !== '') fault = wrong
      }
    }
    return fault
  }
}
