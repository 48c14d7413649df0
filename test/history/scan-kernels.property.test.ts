import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeviceList } from '../../src/history/device-list.ts'
import { ChunkReading } from '../../src/history/scan/chunk-reading.ts'
import { type FieldNames, PLAIN_FIELDS } from '../../src/history/scan/columns.ts'
import { CsvScanner } from '../../src/history/scan/csv-scanner.ts'
import { NdjsonScanner } from '../../src/history/scan/ndjson-scanner.ts'
import { ScanDesk } from '../../src/history/scan/scan-desk.ts'
import { ScanRoom } from '../../src/history/scan/scan-room.ts'
import * as B from '../../src/history/scan/share-blocks.ts'
import type { Scanner } from '../../src/history/scan/scanner.ts'
import { compileKernels } from '../../src/kernels/kernels.ts'

const module = await compileKernels()
const encoder = new TextEncoder()

interface Row {
  readonly device: string
  readonly metric: string
  readonly value: number
  readonly time: number
  readonly lat: number
  readonly lon: number
}

/** Scans the text, by chunks of so many bytes' lines; the rows by time, and the lines that were faults. */
function scanned(text: string, open: (desk: ScanDesk) => Scanner): { rows: Row[]; faults: number[] } {
  const desk = new ScanDesk(module)
  const options = { shares: 1, devices: new DeviceList([]), defaultTier: 'standard' as const }
  const into = new ChunkReading(desk, { ...options, untilMs: Infinity, fromMs: -Infinity, toMs: Infinity })
  const bytes = encoder.encode(text)
  const laid = new ScanRoom(desk).laid({ bytes, from: 0, to: bytes.length })
  const lines = open(desk).scan(laid.bytes, laid.from, laid.to, into)
  const chunk = into.take(lines)
  const names = new Map(chunk.devices.map(({ id, name }) => [id, name]))
  const rows = rowsOf(chunk.parts[0], (device) => names.get(chunk.deviceIds[device])!, chunk.metrics)
  expect(rows.length).toBe(chunk.readings)
  return { rows: rows.sort((a, b) => a.time - b.time), faults: chunk.faults.map(({ line }) => line) }
}

function rowsOf(
  { records, heads }: B.Blocks,
  nameOf: (device: number) => string,
  metrics: readonly string[],
): Row[] {
  const [f64, u32] = [new Float64Array(records), new Uint32Array(records)]
  return heads.flatMap((head, block) =>
    Array.from({ length: head >>> B.HEAD_ROWS_SHIFT }, (_, row) => {
      const first = block * B.BLOCK_DOUBLES
      const at = first + B.ROW_DOUBLES * row
      const isPlaced = (head & B.HEAD_PLACED) !== 0
      return {
        device: nameOf(u32[2 * at + B.DEVICE_WORD]),
        metric: metrics[u32[2 * at + B.KIND_WORD] & 0xffff],
        ...{ time: f64[at], value: f64[at + 1] },
        lat: isPlaced ? f64[first + B.LAT_AT + row] : NaN,
        lon: isPlaced ? f64[first + B.LON_AT + row] : NaN,
      }
    }),
  )
}

const name = fc.oneof(
  { weight: 4, arbitrary: fc.nat(30).map((n) => `meter-${n}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) },
)
/** As programs write them, and as people do. */
const digits = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.tuple(fc.integer(), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`),
  fc.tuple(fc.nat(20), fc.nat(22), fc.maxSafeNat()).map(([zeros, at, all]) => {
    const text = `${'0'.repeat(zeros)}${all}`
    return `${text.slice(0, at) || '0'}.${text.slice(at) || '0'}`
  }),
  fc.constantFrom(
    '0',
    '-0',
    '-0.5',
    '00',
    '007',
    '1.',
    '.5',
    '-',
    '+1',
    '1e3',
    '1E-2',
    '12345678',
    '123456789012345678',
  ),
  fc.constantFrom('true', 'false', 'null', '"5"', '1 ', ' 1', '0x10', '--1', '1.2.3', '1_0'),
)
const degrees = (limit: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: -limit - 5, max: limit + 5 }),
    fc.double({ min: -limit, max: limit, noNaN: true }),
  )
const reading = fc.record(
  {
    ...{ device: name, metric: name, value: digits, time: fc.nat(9), lat: degrees(90), lon: degrees(180) },
    note: fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.constant({ a: [1, '}'] })),
  },
  { requiredKeys: ['device', 'metric', 'value', 'time'] },
)
const layout = fc.record({
  comma: fc.constantFrom(',', ', ', ' , '),
  colon: fc.constantFrom(':', ': ', ' : '),
  end: fc.constantFrom('\n', '\r\n'),
  turn: fc.nat(6),
})
const START = 1_767_225_600_000

/** As on the wire, where there is no −0. */
const units = (value: number): number => (Math.round(value * 1e7) || 0) / 1e7

/** What JSON.parse, or cells, say that the line holds; undefined = it is no reading. */
function rowOf(said: Record<string, unknown>): Row | undefined {
  const { device, metric, value, time, lat = NaN, lon = NaN } = said
  const isNamed = typeof device === 'string' && typeof metric === 'string'
  const isNumber = typeof value === 'number' ? Number.isFinite(value) : typeof value === 'boolean'
  if (!isNamed || !isNumber || !isShort(device) || !isShort(metric)) return undefined
  if (typeof lat !== 'number' || typeof lon !== 'number') return undefined
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined
  const isPlaced = !Number.isNaN(lat) && !Number.isNaN(lon)
  const place = isPlaced ? { lat: units(lat), lon: units(lon) } : { lat: NaN, lon: NaN }
  return { device, metric, value: Number(value), time: time as number, ...place }
}

const isShort = (text: string): boolean => text !== '' && encoder.encode(text).length <= 768

function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}

const turned = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)]

describe('the scanning kernels', () => {
  it('read lines of JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(reading, layout), { maxLength: 60 }), fc.boolean(), (all, isEnded) => {
        const lines = all.map(([{ value, ...rest }, { comma, colon, turn }], i) => {
          const members = Object.entries({ ...rest, time: START + i }).map(
            ([field, value]) => `"${field}"${colon}${JSON.stringify(value)}`,
          )
          return `{${turned([...members, `"value"${colon}${value}`], turn).join(comma)}}`
        })
        const text = lines.map((line, i) => line + all[i][1].end).join('')
        const rows = lines.map((line) => rowOf(parsed(line)))
        const { rows: found, faults } = scanned(
          isEnded ? text : text.trimEnd(),
          (desk) => new NdjsonScanner(desk, PLAIN_FIELDS),
        )
        expect(found).toEqual(rows.filter((row) => row !== undefined))
        expect(faults).toEqual([...rows.entries()].flatMap(([i, row]) => (row ? [] : [i])).slice(0, 20))
      }),
      { numRuns: 150 },
    )
  })

  it('read cells as Number does, in columns of any order', () => {
    const columns = ['note', 'time', 'device', 'value', 'lon', 'metric', 'lat']
    fc.assert(
      fc.property(fc.array(fc.tuple(reading, layout), { maxLength: 60 }), fc.nat(6), (all, turn) => {
        const order = turned(columns, turn)
        const lines = all.map(([given, { end }], i) => {
          const said: Record<string, unknown> = { ...given, time: START + i }
          return order.map((column) => cell(said[column])).join(',') + end
        })
        const rows = all.map(([{ value, ...rest }], i) => {
          const number = value.trim() === '' || value.includes('"') ? NaN : Number(value)
          const isTrue = ['true', 'false'].includes(value.trim())
          const isBlank = rest.device.trim() === '' || rest.metric.trim() === ''
          return isBlank
            ? undefined
            : rowOf({ ...rest, time: START + i, value: isTrue ? value.trim() === 'true' : number })
        })
        const { rows: found, faults } = scanned(
          lines.join(''),
          (desk) => new CsvScanner(desk, order, PLAIN_FIELDS),
        )
        expect(found).toEqual(rows.filter((row) => row !== undefined))
        expect(faults).toEqual([...rows.entries()].flatMap(([i, row]) => (row ? [] : [i])).slice(0, 20))
      }),
      { numRuns: 150 },
    )
  })

  it('find no field in a member that is what the input calls another', () => {
    const fields: FieldNames = {
      names: { ...PLAIN_FIELDS.names, value: 'device', device: 'id' },
      fixed: { metric: 'power' },
    }
    const { rows, faults } = scanned(
      '{"id":"a","device":7,"time":1,"metric":"x"}\n{"id":"b","value":7,"time":2}\n',
      (desk) => new NdjsonScanner(desk, fields),
    )
    expect(rows).toEqual([{ device: 'a', metric: 'power', value: 7, time: 1, lat: NaN, lon: NaN }])
    expect(faults).toEqual([1])
  })

  it('keep apart names that are the beginning of others, thousands of them', () => {
    const names = Array.from({ length: 6000 }, (_, i) => 'abcdefgh'.repeat(1 + (i % 40)) + String(i))
    const lines = [...names, ...names].map(
      (device, i) => `{"device":"${device}","metric":"m","value":${i},"time":${START + i}}\n`,
    )
    const { rows } = scanned(lines.join(''), (desk) => new NdjsonScanner(desk, PLAIN_FIELDS))
    expect(rows.map(({ device }) => device)).toEqual([...names, ...names])
    expect(rows.map(({ value }) => value)).toEqual(rows.map((_, i) => i))
  })
})

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const isPlain = typeof value === 'string' || typeof value === 'number'
  const text = isPlain ? String(value) : JSON.stringify(value)
  return /["\n\r,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
