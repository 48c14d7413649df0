/**
 * Lines over time as an SVG document: panels one above the other with one time axis. Plain and light, without scripts,
 * fonts or anything from outside; all text is escaped.
 */
export interface ChartLine {
  readonly name: string
  /** One per time; null = a gap. */
  readonly values: readonly (number | null)[]
  /** A size stays until it changes: `step`. `area` is filled down to 0, and lies behind the others. */
  readonly shape: 'line' | 'step' | 'area'
}

export interface ChartPanel {
  readonly title: string
  readonly lines: readonly ChartLine[]
}

export interface Chart {
  readonly title: string
  /** Milliseconds since the epoch, ascending. */
  readonly times: readonly number[]
  readonly panels: readonly ChartPanel[]
  /** What happened, as vertical lines through all panels. */
  readonly marks?: readonly { readonly at: number; readonly text: string }[]
}

const WIDTH = 960
const LEFT = 76
const RIGHT = 16
const TOP = 40
const PANEL = 200
const GAP = 52
const TICKS = 4
const MOST_POINTS = 1200
const COLOURS = ['#4e79a7', '#f28e2b', '#59a14f', '#e15759', '#76b7b2', '#b07aa1']

export function renderChart(chart: Chart): string {
  const drawn = thinned(chart)
  const height = TOP + drawn.panels.length * (PANEL + GAP)
  const axis = timeAxis(drawn.times)
  const panels = drawn.panels.map((panel, index) => drawPanel(panel, axis, TOP + index * (PANEL + GAP) + 24))
  const marks = (drawn.marks ?? []).map((mark) => drawMark(mark, axis, height))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(drawn.title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(LEFT, 20, drawn.title, 'font-size="15" fill="#222"'),
    ...panels,
    ...marks,
    '</svg>',
    '',
  ].join('\n')
}

interface Axis {
  readonly times: readonly number[]
  readonly from: number
  readonly until: number
  readonly x: (at: number) => number
}

function timeAxis(times: readonly number[]): Axis {
  const from = times[0] ?? 0
  const until = Math.max(from + 1, times[times.length - 1] ?? 1)
  return { times, from, until, x: (at) => LEFT + ((WIDTH - LEFT - RIGHT) * (at - from)) / (until - from) }
}

/** More points than can be told apart make a file heavy: of each run the highest is kept. */
function thinned(chart: Chart): Chart {
  const run = Math.ceil(chart.times.length / MOST_POINTS)
  if (run <= 1) return chart
  const starts = chart.times.flatMap((_, index) => (index % run === 0 ? [index] : []))
  const highest = (values: readonly (number | null)[], from: number): number | null => {
    const known = values.slice(from, from + run).filter((value) => value !== null)
    return known.length === 0 ? null : Math.max(...known)
  }
  const panels = chart.panels.map((panel) => ({
    ...panel,
    lines: panel.lines.map((line) => ({
      ...line,
      values: starts.map((start) => highest(line.values, start)),
    })),
  }))
  return { ...chart, times: starts.map((start) => chart.times[start]), panels }
}

function drawPanel(panel: ChartPanel, axis: Axis, top: number): string {
  const values = panel.lines.flatMap((line) => line.values.filter((value) => value !== null))
  const most = niceTop(Math.max(0, ...values.filter(Number.isFinite)))
  const y = (value: number): number => top + PANEL - (PANEL * Math.max(0, value)) / most
  const ordered = panel.lines.map((line, index) => ({ line, colour: COLOURS[index % COLOURS.length] }))
  const behindFirst = [...ordered].sort((a, b) => +(b.line.shape === 'area') - +(a.line.shape === 'area'))
  return [
    text(LEFT, top - 8, panel.title, 'font-size="12" fill="#222"'),
    drawLegend(ordered, top - 8),
    ...Array.from({ length: TICKS + 1 }, (_, index) => gridLine((most * index) / TICKS, y)),
    ...Array.from({ length: TICKS + 1 }, (_, index) => timeLabel(axis, index / TICKS, top + PANEL + 14)),
    ...behindFirst.map(({ line, colour }) => drawLine(line, colour, axis, y)),
  ].join('\n')
}

function drawLegend(lines: readonly { line: ChartLine; colour: string }[], y: number): string {
  let right = WIDTH - RIGHT
  const parts = [...lines].reverse().map(({ line, colour }) => {
    right -= 7 * line.name.length + 26
    const swatch = `<rect x="${right}" y="${y - 8}" width="10" height="8" fill="${colour}"/>`
    return swatch + text(right + 14, y, line.name, 'fill="#444"')
  })
  return parts.join('')
}

function gridLine(value: number, y: (value: number) => number): string {
  const at = round(y(value))
  const line = `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#ddd"/>`
  return line + text(LEFT - 6, at + 4, short(value), 'text-anchor="end" fill="#666"')
}

function timeLabel({ from, until, x }: Axis, share: number, y: number): string {
  const at = from + (until - from) * share
  const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
  return text(round(x(at)), y, timeText(at, until - from), `text-anchor="${anchor}" fill="#666"`)
}

function drawLine(
  { values, shape }: ChartLine,
  colour: string,
  axis: Axis,
  y: (v: number) => number,
): string {
  const paths = runsOf(values).map((run) => {
    const points = run.map((index) => ({
      x: round(axis.x(axis.times[index])),
      y: round(y(values[index] as number)),
    }))
    const line = points
      .map((point, at) => (at === 0 ? `M${point.x} ${point.y}` : stepTo(point, shape)))
      .join('')
    if (shape !== 'area') return line
    return `${line}V${round(y(0))}H${points[0].x}Z`
  })
  const style = shape === 'area' ? `fill="${colour}" fill-opacity="0.25"` : `fill="none" stroke="${colour}"`
  return `<path d="${paths.join('')}" ${style} stroke-width="1.5"/>`
}

const stepTo = (point: { x: number; y: number }, shape: ChartLine['shape']): string =>
  shape === 'step' ? `H${point.x}V${point.y}` : `L${point.x} ${point.y}`

/** Indexes of values that follow each other without a gap. */
function runsOf(values: readonly (number | null)[]): number[][] {
  const runs: number[][] = []
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) return
    const isNew = index === 0 || values[index - 1] === null || !Number.isFinite(values[index - 1])
    if (isNew) runs.push([])
    runs[runs.length - 1].push(index)
  })
  return runs
}

function drawMark({ at, text: words }: { at: number; text: string }, { x }: Axis, height: number): string {
  const place = round(x(at))
  const line = `<line x1="${place}" x2="${place}" y1="${TOP}" y2="${height - 20}" stroke="#999" stroke-dasharray="3 3"/>`
  return `<g>${line}<title>${escaped(words)}</title>${text(place + 3, TOP + 6, words, 'fill="#777" font-size="9"')}</g>`
}

const text = (x: number, y: number, words: string, style: string): string =>
  `<text x="${x}" y="${y}" ${style}>${escaped(words)}</text>`

const escaped = (words: string): string =>
  words
    // neither may stand in XML, however it is written
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const round = (value: number): number => Math.round(value * 10) / 10

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(most: number): number {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= most * (1 - 1e-9)) as number
  return step * power
}

function short(value: number): string {
  const scales: readonly [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ]
  const scale = scales.find(([size]) => value >= size)
  return scale === undefined ? String(round(value)) : `${round(value / scale[0])}${scale[1]}`
}

const DAY_MS = 86_400_000

function timeText(at: number, spanMs: number): string {
  const iso = new Date(at).toISOString()
  if (spanMs > 2 * DAY_MS) return iso.slice(5, 16).replace('T', ' ')
  return spanMs > 600_000 ? iso.slice(11, 16) : iso.slice(11, 19)
}
