import { NOTE_CLIENT } from '../../memory/layout/ring.layout.ts'
import { framesOf, type JournalFrame, type JournalReading, noteText, readingsOf } from './frames.ts'
import type { JournalRecord } from './journal-reader.ts'

const DEGREE = 1e7

/** A reading as it is exported. Times are milliseconds since 1970. */
export interface ExportedReading {
  readonly time: number
  /** Series key in decimal. */
  readonly series: string
  readonly deviceId: number
  readonly metricId: number
  readonly value: number
  /** Degrees; null = not given. */
  readonly lat: number | null
  readonly lon: number | null
  readonly receivedAt: number
  /** Present when the sender has named itself. */
  readonly client?: string
}

/** Turns records into readings. It is shown all records in order, because names of clients come once, before their frames. */
export class JournalExport {
  readonly #clients = new Map<string, string>()

  /** Only learns what the record's notes say. */
  pass(record: JournalRecord): void {
    for (const frame of framesOf(record.payload)) if (frame.note !== undefined) this.#learn(record, frame)
  }

  /** The readings of the record that were taken. */
  *readings(record: JournalRecord): Generator<ExportedReading, void, undefined> {
    for (const frame of framesOf(record.payload)) {
      if (frame.note !== undefined) this.#learn(record, frame)
      else yield* this.#readingsOf(record, frame)
    }
  }

  #learn(record: JournalRecord, frame: JournalFrame): void {
    if (frame.note === NOTE_CLIENT) this.#clients.set(keyOf(record, frame), noteText(frame))
  }

  *#readingsOf(record: JournalRecord, frame: JournalFrame): Generator<ExportedReading, void, undefined> {
    const receivedAt = frame.receivedMs + record.epochOffsetMs
    const client = this.#clients.get(keyOf(record, frame))
    for (const reading of readingsOf(frame)) yield exported(reading, receivedAt, client)
  }
}

const keyOf = ({ run, ring }: JournalRecord, { source }: JournalFrame): string => `${run}/${ring}/${source}`

function exported(
  { deviceId, metricId, time, value, lat, lon }: JournalReading,
  receivedAt: number,
  client: string | undefined,
): ExportedReading {
  return {
    // 0 and NaN: when it arrived
    time: time || receivedAt,
    series: String(BigInt(deviceId) * 0x1_0000n + BigInt(metricId)),
    ...{ deviceId, metricId, value },
    lat: lat === undefined ? null : lat / DEGREE,
    lon: lon === undefined ? null : lon / DEGREE,
    receivedAt,
    ...(client === undefined ? {} : { client }),
  }
}
