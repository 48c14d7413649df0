import { ByteNames } from './byte-names.ts'
import type { ChunkReading } from './chunk-reading.ts'
import { FIELDS, type FieldNames } from './columns.ts'
import { scanLines } from './line-scan.ts'
import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'
import type { Scanner } from './scanner.ts'
import { decodedText, type LooseReading, takeLoose } from './text-reading.ts'

const encoder = new TextEncoder()

/**
 * A reading a line: `{"device":"a","metric":"b","value":1,"time":1767225600000}`, members in any order, others ignored.
 * Lines of strings without escapes and of plain decimals are read where they lie; all others by JSON.parse.
 */
export class NdjsonScanner implements Scanner {
  readonly #fields: FieldNames

  constructor(desk: ScanDesk, fields: FieldNames) {
    this.#fields = fields
    const given = Object.keys(fields.fixed)
    const names = new ByteNames(desk, S.DESK_FIELDS)
    for (const field of FIELDS) {
      // what is the same for all is not looked for: no name has a line break
      const name = encoder.encode(given.includes(field) ? `\n${field}` : fields.names[field])
      names.find(name, 0, name.length)
    }
    desk.i8.fill(S.NONE, S.DESK_ORDER, S.DESK_ORDER + FIELDS.length + 1)
  }

  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number {
    const { device, metric } = this.#fields.fixed
    const { i32, kernels } = into.desk
    i32[S.DESK_FIXED_DEVICE / 4] = device === undefined ? S.NONE : into.deviceCalled(device)
    i32[S.DESK_FIXED_METRIC / 4] = metric === undefined ? S.NONE : into.metricOf(metric)
    return scanLines(
      { bytes, from, to },
      into,
      (...at) => kernels.scanNdjson(...at),
      (...line) => this.#parse(...line, into),
    )
  }

  /** By JSON.parse. */
  #parse(bytes: Uint8Array, from: number, to: number, into: ChunkReading): string {
    const text = decodedText(bytes, from, to)
    if (text === undefined) return 'not valid UTF-8'
    if (text.trim() === '') return ''
    let reading: unknown
    try {
      reading = JSON.parse(text)
    } catch (error) {
      return `not valid JSON: ${(error as Error).message.slice(0, 120)}`
    }
    if (typeof reading !== 'object' || reading === null || Array.isArray(reading))
      return 'a line must be an object: {"device":…,"metric":…,"value":…,"time":…}'
    return takeLoose(reading as LooseReading, this.#fields, into)
  }
}
