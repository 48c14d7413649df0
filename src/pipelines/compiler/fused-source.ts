import type { PatternNode, WindowNode } from '../definition/definition.ts'
import type { KeyEncoder } from '../keys/key-encoder.ts'
import { PackedKey } from '../keys/packed-key.ts'
import { RowShape } from './row-shape.ts'
import type { Segment } from './segments.ts'
import { type ColumnSource, isEveryItem } from './window-columns.ts'

type UserFunction = (...args: never) => unknown

/** What the generated text of a window's end needs to know. */
export interface FusedWindow {
  readonly node: WindowNode
  readonly key: KeyEncoder
  readonly columns: readonly ColumnSource[]
}

/** The same of a pattern's end. */
export interface FusedPattern {
  readonly node: PatternNode
  readonly key: KeyEncoder
  readonly plan: { readonly tests: readonly UserFunction[]; readonly wantsAll: boolean }
}

/** The text of the loops, and what its names stand for. */
export interface FusedSource {
  readonly text: string
  /** `f0`, `f1` …: bound as constants, so that V8 knows what it calls and inlines it. */
  readonly functions: readonly UserFunction[]
  /** Nodes by the number that `node` has while their function runs. */
  readonly nodes: readonly string[]
  /** `metricIds[0]` …: the metrics that aggregates are restricted to. */
  readonly metrics: readonly string[]
}

const COLUMNS = ['device', 'metric', 'time', 'value', 'lat', 'lon', 'region', 'tier', 'score']

/**
 * Writes one loop for each segment:
 *
 *   for (;;) try { for (; j < n; j++) { … filters: continue … ends: write the row … } break }
 *   catch (error) { output.error(nodes[node], i, error); j++ }
 *
 * The try costs nothing while nothing is thrown, and a row that throws costs itself. Items are handed on behind the loop, so
 * that what is thrown there is not taken for a fault of these functions.
 */
export class FusedWriter {
  readonly #functions: UserFunction[] = []
  readonly #nodes: string[] = []
  readonly #metrics: string[] = []
  readonly #classes = new Map<string, string>()
  readonly #shapes: RowShape[] = []
  readonly #windows: ReadonlyMap<string, FusedWindow>
  readonly #patterns: ReadonlyMap<string, FusedPattern>
  readonly #isMasked: boolean
  #locals = 0

  constructor(
    windows: ReadonlyMap<string, FusedWindow>,
    patterns: ReadonlyMap<string, FusedPattern>,
    isMasked: boolean,
  ) {
    this.#windows = windows
    this.#patterns = patterns
    this.#isMasked = isMasked
  }

  write(segments: readonly Segment[]): FusedSource {
    const loops = segments.map((segment, index) => this.#loop(segment, index, segments))
    const classes = [...this.#classes].map(([source, name]) => `class ${name} ${source}`)
    const calls = segments.map((_, index) => `segment${index}(block, output)`)
    const text = `'use strict'\n${classes.join('\n')}\n${loops.join('\n')}
return function run(block, output) {\n  ${calls.join('\n  ')}\n}`
    return { text, functions: this.#functions, nodes: this.#nodes, metrics: this.#metrics }
  }

  #loop(segment: Segment, index: number, all: readonly Segment[]): string {
    const { from, nodes, end } = segment
    let shape = from === undefined ? new RowShape() : this.#resumed(from)
    const body: string[] = []
    for (const node of nodes) {
      if (node.kind === 'filter')
        body.push(`${this.#at(node.id)}; if (!${this.#call(node.test, shape)}) continue`)
      else {
        const local = `d${this.#locals++}`
        body.push(`${this.#at(node.id)}; const ${local} = ${this.#call(node.compute, shape)}`)
        shape = shape.with(node.field, local)
      }
    }
    this.#shapes[index] = shape
    const written = this.#end(end, index, shape)
    const mask = this.#isMasked && from === undefined ? ['if (allowed[metric[i]] !== 1) continue'] : []
    return this.#frame(index, from, [...this.#loads(from, all), ...mask, ...body, ...written.row], written)
  }

  #frame(index: number, from: number | undefined, row: readonly string[], end: WrittenEnd): string {
    const [count, at] =
      from === undefined ? ['block.count', 'j'] : [`selection${from}.count`, `selection${from}.rows[j]`]
    return `function segment${index}(block, output) {
  const { ${COLUMNS.join(', ')} } = block
  const n = ${count}
  ${end.before}
  let j = 0, k = 0, node = 0
  for (;;) {
    try {
      for (; j < n; j++) {
        const i = ${at}
        ${row.join('\n        ')}
        k++
      }
      break
    } catch (error) {
      output.error(nodes[node], ${at}, error)
      j++
    }
  }
  ${end.after}
}`.replace(/^/, end.outside === '' ? '' : `${end.outside}\n`)
  }

  /** The shape behind a selection: what was derived is found in its lists. */
  #resumed(from: number): RowShape {
    const { derived } = this.#shapes[from]
    return [...derived.keys()].reduce(
      (shape, field, index) => shape.with(field, `s${from}_${index}`),
      new RowShape(),
    )
  }

  #loads(from: number | undefined, all: readonly Segment[]): string[] {
    if (from === undefined || all[from] === undefined) return []
    return [...this.#shapes[from].derived.keys()].map(
      (_, index) => `const s${from}_${index} = selection${from}.derived[${index}][j]`,
    )
  }

  #end(end: Segment['end'], index: number, shape: RowShape): WrittenEnd {
    if (end.to === 'select') return selectEnd(index, shape)
    if (end.to === 'items') return itemsEnd(end.id, shape)
    if (end.to === 'pattern') return this.#patternEnd(end.pattern.id, shape)
    return this.#windowEnd(end.window.id, shape)
  }

  /** Rows for which no condition holds are left before anything is looked up, unless they part others. */
  #patternEnd(id: string, shape: RowShape): WrittenEnd {
    const pattern = this.#patterns.get(id)
    if (pattern === undefined) throw new Error(`pattern ${id} is not known`)
    const name = JSON.stringify(id)
    const { tests, wantsAll } = pattern.plan
    const bits = tests.map((test, bit) => `(${this.#call(test, shape)} ? ${1 << bit} : 0)`)
    const fields = [...shape.derived.values()]
    return {
      outside: '',
      before: `const rows = patternRows[${name}], keyLow = rows.keyLow, keyHigh = rows.keyHigh, masks = rows.mask, row = rows.row, derived = rows.derived, key = keys[${name}]`,
      row: [
        `${this.#at(id)}; const mask = ${bits.join(' | ')}`,
        ...(wantsAll ? [] : ['if (mask === 0) continue']),
        ...this.#key(pattern.key, pattern.node, shape, false),
        'masks[k] = mask; row[k] = i',
        ...fields.map((local, index) => `derived[${index}][k] = ${local}`),
      ],
      after: `rows.count = k\n  if (k > 0) output.matching(${name}, rows)`,
    }
  }

  #windowEnd(id: string, shape: RowShape): WrittenEnd {
    const window = this.#windows.get(id)
    if (window === undefined) throw new Error(`window ${id} is not known`)
    const name = JSON.stringify(id)
    const columns = window.columns.map((column, index) => `input${index}[k] = ${this.#input(column, shape)}`)
    const loads = window.columns.map((_, index) => `, input${index} = rows.inputs[${index}]`)
    return {
      outside: '',
      before: `const rows = windowRows[${name}], keyLow = rows.keyLow, keyHigh = rows.keyHigh, keyText = rows.keyText, times = rows.time, row = rows.row, key = keys[${name}]${loads.join('')}`,
      row: [
        this.#at(id),
        ...this.#key(window.key, window.node, shape),
        'times[k] = time[i]; row[k] = i',
        ...columns,
      ],
      after: `rows.count = k\n  if (k > 0) output.rows(${name}, rows)`,
    }
  }

  #key(key: KeyEncoder, { key: spec }: Pick<WindowNode, 'key'>, shape: RowShape, keepsText = true): string[] {
    if (key instanceof PackedKey) {
      const { low, high } = key.expressions()
      // the lists have 0 and undefined from the beginning
      return [
        ...(low === '0' ? [] : [`keyLow[k] = ${low}`]),
        ...(high === '0' ? [] : [`keyHigh[k] = ${high}`]),
      ]
    }
    const source = '{ device: device[i], metric: metric[i], region: region[i], tier: tier[i] }'
    // only functions look at the item
    const item =
      spec.by === 'function'
        ? shape.argument(spec.key, this.#viewClass)
        : spec.by === 'composite'
          ? shape.item()
          : 'undefined'
    return [
      `key.encode(${item}, ${source})`,
      'keyLow[k] = key.low; keyHigh[k] = key.high',
      ...(keepsText ? ['keyText[k] = key.text'] : []),
    ]
  }

  #input({ input, metric, kind, aggregate }: ColumnSource, shape: RowShape): string {
    const expression = this.#inputValue(input, kind, aggregate, shape)
    if (metric === undefined) return expression
    const at = this.#metrics.includes(metric) ? this.#metrics.indexOf(metric) : this.#metrics.push(metric) - 1
    return `metric[i] === metricIds[${at}] ? (${expression}) : NaN`
  }

  #inputValue(
    input: ColumnSource['input'],
    kind: ColumnSource['kind'],
    aggregate: string,
    shape: RowShape,
  ): string {
    if (isEveryItem(input)) return '1'
    if (kind !== 'number' && kind !== 'hash') return `${kind}[i]`
    const convert = kind === 'hash' ? 'hashedNumberOf' : 'numberOf'
    const label = JSON.stringify(aggregate)
    if (typeof input === 'function') return `${convert}(${this.#call(input, shape)}, ${label})`
    if (shape.isNumeric(input)) return `${input === 'deviceId' ? 'device' : input}[i]`
    const value = shape.expression(input) ?? 'undefined'
    // the call is for what is no number
    return shape.isOriginal(input)
      ? `${convert}(${value}, ${label})`
      : `typeof ${value} === 'number' ? ${value} : ${convert}(${value}, ${label})`
  }

  #at(node: string): string {
    const known = this.#nodes.indexOf(node)
    return `node = ${known >= 0 ? known : this.#nodes.push(node) - 1}`
  }

  #call(userFunction: UserFunction, shape: RowShape): string {
    const name = `f${this.#functions.push(userFunction) - 1}`
    return `${name}(${shape.argument(userFunction, this.#viewClass)})`
  }

  readonly #viewClass = (source: string): string => {
    const name = this.#classes.get(source) ?? `View${this.#classes.size}`
    this.#classes.set(source, name)
    return name
  }
}

/** Lines of the end of a loop: beside the function, before the loop, for each row, and behind the loop. */
interface WrittenEnd {
  readonly outside: string
  readonly before: string
  readonly row: readonly string[]
  readonly after: string
}

function selectEnd(index: number, shape: RowShape): WrittenEnd {
  const name = `selection${index}`
  const lists = [...shape.derived.keys()].map(() => 'new Array(rowLimit)').join(', ')
  return {
    outside: `const ${name} = { count: 0, rows: new Int16Array(rowLimit), derived: [${lists}] }`,
    before: `const selected = ${name}.rows, derived = ${name}.derived`,
    row: [
      'selected[k] = i',
      ...[...shape.derived.values()].map((local, at) => `derived[${at}][k] = ${local}`),
    ],
    after: `${name}.count = k`,
  }
}

const itemsEnd = (id: string, shape: RowShape): WrittenEnd => ({
  outside: '',
  before: 'const items = []\n  origins.begin()',
  row: [`items.push({ item: ${shape.item()}, origin: origins.of(block, i) })`],
  after: `for (let at = 0; at < items.length; at++) output.item(${JSON.stringify(id)}, items[at])`,
})
