/**
 * A picture of a run: load, forecast and capacity above, latencies by tier below, for each pool. Plain SVG, small, with no
 * more points than can be seen.
 */
import { TIERS } from '../../core/tiers.ts'
import { milliseconds, number } from './figures.ts'
import type { TimelineRow } from './timeline.ts'

const WIDTH = 900
const LEFT = 70
const RIGHT = 20
const LOAD_HEIGHT = 220
const LATENCY_HEIGHT = 120
const GAP = 36
const TITLE = 30
const MOST_POINTS = 360
const PLOT = WIDTH - LEFT - RIGHT
const COLOURS = { critical: '#b3261e', premium: '#7a3db8', standard: '#2f6fb3', bulk: '#777777' } as const
const LOAD = [
  { key: 'capacity', name: 'capacity', colour: '#3a9d5d', fill: true },
  { key: 'demand', name: 'load', colour: '#1f4e79', fill: false },
  { key: 'forecast', name: 'forecast', colour: '#e08a1e', fill: false },
] as const

interface ChartPool {
  readonly name: string
  readonly rows: readonly TimelineRow[]
}

interface Frame {
  readonly top: number
  readonly height: number
  readonly untilMs: number
}

type Value = (row: TimelineRow) => number

/** `fraction` of the height at which a value stands, 0 to 1. */
type Scale = (value: number) => number

export function timelineChart(title: string, pools: readonly ChartPool[]): string {
  const height = TITLE + pools.length * (LOAD_HEIGHT + LATENCY_HEIGHT + 2 * GAP)
  const parts = pools.flatMap((pool, index) =>
    poolChart(pool, TITLE + index * (LOAD_HEIGHT + LATENCY_HEIGHT + 2 * GAP)),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(LEFT, 20, title, 'font-size="14" font-weight="bold"'),
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function poolChart({ name, rows }: ChartPool, top: number): string[] {
  if (rows.length === 0) return []
  const thinned = thin(rows)
  const last = rows[rows.length - 1]
  const untilMs = last.sinceMs + (rows.length > 1 ? last.sinceMs - rows[rows.length - 2].sinceMs : 1)
  const load = { top: top + 14, height: LOAD_HEIGHT, untilMs }
  const latency = { top: load.top + LOAD_HEIGHT + GAP, height: LATENCY_HEIGHT, untilMs }
  return [...loadPanel(name, thinned, load), ...latencyPanel(thinned, latency), ...hours(latency)]
}

/** Of rows that lie closer than can be seen, the one with the highest load stays. */
function thin(rows: readonly TimelineRow[]): TimelineRow[] {
  const each = Math.ceil(rows.length / MOST_POINTS)
  const kept: TimelineRow[] = []
  for (let at = 0; at < rows.length; at += each)
    kept.push(
      rows.slice(at, at + each).reduce((highest, row) => (row.demand > highest.demand ? row : highest)),
    )
  return kept
}

function loadPanel(pool: string, rows: readonly TimelineRow[], frame: Frame): string[] {
  const most = Math.max(1, ...rows.flatMap((row) => [row.demand, row.capacity]))
  const scale: Scale = (value) => Math.min(1, value / most)
  const drawn = LOAD.flatMap(({ key, colour, fill }) =>
    curve(rows, (row) => row[key], scale, frame, colour, fill),
  )
  const shown = LOAD.filter(({ key }) => rows.some((row) => !Number.isNaN(row[key])))
  return [
    ...axis(frame, [0, most / 2, most], scale, (value) => `${number(value)}`),
    ...drawn,
    ...legend(`${pool}: readings/s`, shown, frame),
  ]
}

function latencyPanel(rows: readonly TimelineRow[], frame: Frame): string[] {
  const tiers = TIERS.filter((tier) => rows.some((row) => !Number.isNaN(row.p99[tier])))
  const most = Math.max(10, ...rows.flatMap((row) => tiers.map((tier) => row.p99[tier] || 0)))
  const decades = Math.max(1, Math.ceil(Math.log10(most)))
  const scale: Scale = (value) => Math.min(1, Math.max(0, Math.log10(Math.max(1, value)) / decades))
  const marks = Array.from({ length: decades + 1 }, (_, power) => 10 ** power)
  return [
    ...axis(frame, marks, scale, milliseconds),
    ...tiers.flatMap((tier) => curve(rows, (row) => row.p99[tier], scale, frame, COLOURS[tier], false)),
    ...legend(
      'p99',
      tiers.map((tier) => ({ name: tier, colour: COLOURS[tier] })),
      frame,
    ),
  ]
}

/** Where nothing is known the line stops. */
function curve(
  rows: readonly TimelineRow[],
  value: Value,
  scale: Scale,
  { top, height, untilMs }: Frame,
  colour: string,
  fill: boolean,
): string[] {
  const runs: string[][] = [[]]
  for (const row of rows) {
    const found = value(row)
    if (Number.isNaN(found)) runs.push([])
    else runs[runs.length - 1].push(`${at(row.sinceMs, untilMs)},${round(top + height * (1 - scale(found)))}`)
  }
  const paths = runs.filter((points) => points.length > 1).map((points) => `M${points.join('L')}`)
  if (paths.length === 0) return []
  const line = `<path d="${paths.join('')}" fill="none" stroke="${colour}" stroke-width="1.3"/>`
  if (!fill || paths.length > 1) return [line]
  const bottom = round(top + height)
  const area = `${paths[0]}L${LEFT + PLOT},${bottom}L${LEFT},${bottom}Z`
  return [`<path d="${area}" fill="${colour}" fill-opacity="0.12"/>`, line]
}

function axis(
  { top, height }: Frame,
  marks: readonly number[],
  scale: Scale,
  words: (value: number) => string,
): string[] {
  return marks.flatMap((mark) => {
    const y = round(top + height * (1 - scale(mark)))
    return [
      `<path d="M${LEFT},${y}h${PLOT}" stroke="#dddddd"/>`,
      text(LEFT - 6, y + 4, words(mark), 'text-anchor="end" fill="#555555"'),
    ]
  })
}

function legend(
  heading: string,
  entries: readonly { readonly name: string; readonly colour: string }[],
  { top }: Frame,
): string[] {
  let x = LEFT + 6 * heading.length + 16
  const named = entries.map(({ name, colour }) => {
    const shown = text(x, top - 4, name, `fill="${colour}"`)
    x += 7 * name.length + 14
    return shown
  })
  return [text(LEFT, top - 4, heading, 'fill="#333333"'), ...named]
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const STEPS = [
  1000,
  5000,
  15_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  24 * HOUR_MS,
]

function hours({ top, height, untilMs }: Frame): string[] {
  const step = STEPS.find((candidate) => untilMs / candidate <= 12) ?? STEPS[STEPS.length - 1]
  const marks = Array.from({ length: Math.floor(untilMs / step) + 1 }, (_, index) => index * step)
  return marks.map((mark) =>
    text(at(mark, untilMs), top + height + 16, clock(mark), 'text-anchor="middle" fill="#555555"'),
  )
}

function clock(ms: number): string {
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  if (ms >= 48 * HOUR_MS) return `${Math.floor(ms / 24 / HOUR_MS)} d`
  return ms % MINUTE_MS === 0
    ? `${pad(ms / HOUR_MS)}:${pad((ms / MINUTE_MS) % 60)}`
    : `${number(ms / 1000)} s`
}

const at = (sinceMs: number, untilMs: number): number => round(LEFT + (PLOT * sinceMs) / untilMs)
const round = (value: number): number => Math.round(value * 10) / 10
const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const text = (x: number, y: number, words: string, style: string): string =>
  `<text x="${x}" y="${y}" ${style}>${escaped(words)}</text>`
