import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** The constants of the layout files, which TypeScript and AssemblyScript both import, against their drawings. */

const FOLDER = new URL('../../src/memory/layout/', import.meta.url)
const WIDTHS: Record<string, number> = { u8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, u64: 8, f64: 8 }
const sources = readdirSync(FOLDER).map((file) => ({
  file,
  text: readFileSync(new URL(file, FOLDER), 'utf8'),
}))

/** Constants by name: whole numbers only, as AssemblyScript must read them too. */
const constants = new Map(
  sources.flatMap(({ text }) =>
    [...text.matchAll(/^export const (\w+) = (.+)$/gm)].map(
      ([, name, value]) => [name, Number(value)] as const,
    ),
  ),
)

/** Structures whose fields are named alike: prefix, size, and widths of the fields that are not words. */
const STRUCTURES: readonly (readonly [string, string, Record<string, number>])[] = [
  ['READING_', 'READING_BYTES', { SERIES: 8, TIME: 8, VALUE: 8 }],
  [
    'ROW_',
    'ROW_BYTES',
    { KEY: 8, MEAN: 8, VARIANCE: 8, TIER: 1, LANE_TIER: 1, HOME: 1, FLAGS: 1, TOUCHED: 1, REGION: 1 },
  ],
  [
    'WINDOW_',
    'WINDOW_ROW_BYTES',
    { TOTAL: 8, START: 8, SUM: 8, MIN: 8, MAX: 8, LAST: 8, LAST_TIME: 8, TOUCHED: 1 },
  ],
  ['LANE_', 'LANE_BYTES', {}],
  ['BLOCK_', 'BLOCK_HEADER_BYTES', { FENCE: 16 }],
  [
    'EVENT_',
    'EVENT_BYTES',
    { SERIES: 8, TIME: 8, VALUE: 8, SCORE: 8, RECEIVED_MS: 8, REGION: 1, TIER: 1, PHASE: 1 },
  ],
  ['FRAME_', 'FRAME_HEADER_BYTES', { RECEIVED_MS: 8 }],
  ['RING_', 'RING_CONTROL_BYTES', {}],
  ['FREE_RING_', 'FREE_RING_ENTRIES', {}],
  ['EGRESS_', 'EGRESS_CONTROL_BYTES', {}],
  ['CONTROL_', 'CONTROL_BYTES', {}],
  ['AGENT_', 'AGENT_SLOT_BYTES', {}],
  ['METRIC_', 'METRIC_BYTES', { DIRECTION: 1, KNOWN: 1 }],
  ['DEVICE_', 'DEVICE_BYTES', { ID: 8, TIER: 1, REGION: 1, FLAGS: 1 }],
  ['RATE_', 'RATE_BYTES', { DEVICE: 8 }],
  ['QUARANTINE_', 'QUARANTINE_ENTRY_BYTES', { RECEIVED_MS: 8, READING: 32 }],
  ['MAP_', 'MAP_BYTES', { RESERVES: 20, SMOOTHING: 8, CLEAR_RATIO: 8, TIME_AHEAD_MS: 8 }],
  [
    'ROUTER_',
    'ROUTER_COUNTERS_BYTES',
    { ACCEPTED: 32, REFUSED: 32, REASONS: 128, CAUSES: 128, ...wide('ANOMALIES', 'SERIES', 'FRAMES') },
  ],
  ['WORKER_', 'WORKER_COUNTERS_BYTES', { PROCESSED: 32, ...wide('EVENTS', 'DEAD_LETTERED', 'SLICES') }],
]

/** Constants with a structure's prefix that are not places in it. */
const NOT_FIELDS = new Set([
  ...[
    'ROW_SHIFT',
    'ROW_ABNORMAL',
    'ROW_UNSETTLED',
    'WINDOW_MS',
    'LANE_SHIFT',
    'LANE_COUNT',
    'RING_CONTROL_BYTES',
  ],
  ...['FRAME_ALIGNMENT', 'FRAME_PADDING', 'FRAME_INLINE_REFUSALS', 'EGRESS_PADDING', 'EGRESS_ANOMALY'],
  ...[
    'EGRESS_ALERT',
    'EGRESS_EMIT',
    'EGRESS_DEAD_LETTER',
    'EGRESS_STREAM',
    'AGENT_OFF',
    'AGENT_RUNNING',
    'AGENT_PARKED',
  ],
  ...['AGENT_IN_USER_CODE', 'METRIC_SHIFT', 'METRIC_COUNT', 'DEVICE_SHIFT', 'DEVICE_KNOWN', 'RATE_PROBES'],
  ...['QUARANTINE_WRITTEN', 'QUARANTINE_FIRST', 'QUARANTINE_ENTRIES', 'FREE_RING_ENTRIES'],
])

function wide(...names: string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 8]))
}

const fieldsOf = (prefix: string): [string, number][] =>
  [...constants].filter(
    ([name]) =>
      name.startsWith(prefix) && !NOT_FIELDS.has(name) && !/_BYTES$/.test(name) && !/^LANES_/.test(name),
  )

describe('the layouts', () => {
  it('hold whole numbers', () => {
    expect([...constants].filter(([, value]) => !Number.isInteger(value))).toEqual([])
    expect(constants.size).toBeGreaterThan(150)
  })

  it.each(STRUCTURES)('%s fields lie apart, aligned, inside %s', (prefix, size, widths) => {
    const fields = fieldsOf(prefix).sort(([, a], [, b]) => a - b)
    expect(fields.length).toBeGreaterThan(1)
    let end = 0
    for (const [name, offset] of fields) {
      const width = widths[name.slice(prefix.length)] ?? 4
      expect(offset, `${name} begins before the field in front of it ends`).toBeGreaterThanOrEqual(end)
      expect(offset % (width === 1 || width === 8 ? width : 4), `${name} is not aligned`).toBe(0)
      end = offset + width
    }
    expect(end).toBeLessThanOrEqual(constants.get(size) as number)
  })

  it('are drawn as they are: every field of a drawing is a constant at that offset', () => {
    const drawn = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/^ \* +(\d+) +([ui]\d+|f\d+) +(\w+)/gm)].map(([, offset, type, name]) => ({
        ...{ file, name, offset: Number(offset), width: WIDTHS[type] },
      })),
    )
    expect(drawn.length).toBeGreaterThan(70)
    for (const { file, name, offset } of drawn) {
      const words = name.replace(/([A-Z])/g, '_$1').toUpperCase()
      const match = [...constants].some(([constant, at]) => at === offset && constant.endsWith(words))
      expect(match, `${file} draws ${name} at ${offset}`).toBe(true)
    }
  })

  it.each([
    [
      'BLOCK_BYTES',
      'a block holds a slice',
      (c: Constants) =>
        c('SLICE_READINGS') * c('READING_BYTES') <= c('BLOCK_BYTES') - c('BLOCK_HEADER_BYTES'),
    ],
    ['LANE_SHIFT', 'is that of LANE_BYTES', (c: Constants) => 1 << c('LANE_SHIFT') === c('LANE_BYTES')],
    ['ROW_SHIFT', 'is that of ROW_BYTES', (c: Constants) => 1 << c('ROW_SHIFT') === c('ROW_BYTES')],
    [
      'METRIC_SHIFT',
      'is that of METRIC_BYTES',
      (c: Constants) => 1 << c('METRIC_SHIFT') === c('METRIC_BYTES'),
    ],
    [
      'DEVICE_SHIFT',
      'is that of DEVICE_BYTES',
      (c: Constants) => 1 << c('DEVICE_SHIFT') === c('DEVICE_BYTES'),
    ],
    ['SHARD_BITS', 'are those of SHARD_COUNT', (c: Constants) => 1 << c('SHARD_BITS') === c('SHARD_COUNT')],
    [
      'LANE_COUNT',
      'is a lane for each track and shard',
      (c: Constants) => c('TRACK_COUNT') << c('LANES_PER_TRACK_SHIFT') === c('LANE_COUNT'),
    ],
    [
      'WINDOW_ROW_BYTES',
      'window rows lie as series rows do',
      (c: Constants) => c('WINDOW_ROW_BYTES') === c('ROW_BYTES'),
    ],
    [
      'LATENCY_SET_BYTES',
      'holds all buckets',
      (c: Constants) => 4 * c('LATENCY_BUCKETS') === c('LATENCY_SET_BYTES'),
    ],
    [
      'QUARANTINE_BYTES',
      'holds all entries',
      (c: Constants) =>
        c('QUARANTINE_FIRST') + c('QUARANTINE_ENTRIES') * c('QUARANTINE_ENTRY_BYTES') ===
        c('QUARANTINE_BYTES'),
    ],
    [
      'FRAME_HEADER_BYTES',
      'keeps readings aligned',
      (c: Constants) => c('FRAME_HEADER_BYTES') % c('FRAME_ALIGNMENT') === 0,
    ],
  ])('%s: %s', (_, __, holds) => {
    expect(holds((name) => constants.get(name) ?? NaN)).toBe(true)
  })
})

type Constants = (name: string) => number
