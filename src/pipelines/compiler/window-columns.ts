import { MillraceError } from '../../core/errors.ts'
import { type AggregateSpec, EVERY_ITEM, type InputSpec } from '../definition/aggregate-spec.ts'
import type { InputColumn } from './compiled-pipeline.ts'

/** What a column is over. */
export interface ColumnSource extends InputColumn {
  readonly input: InputSpec
  readonly metric: string | undefined
  /** Of the first aggregate over it, for errors. */
  readonly aggregate: string
}

export interface WindowColumns {
  readonly columns: readonly ColumnSource[]
  readonly inputs: Readonly<Record<string, readonly number[]>>
}

const NAMED = new Set(['device', 'metric', 'region', 'tier'])

/** The columns that a window's aggregates need, each once, and which each aggregate is over. */
export function columnsOf(
  aggregates: Readonly<Record<string, AggregateSpec>>,
  isReadingField: (field: string) => boolean,
): WindowColumns {
  const columns: ColumnSource[] = []
  const indexOf = (source: ColumnSource): number => {
    const index = columns.findIndex(
      ({ input, metric, kind }) => input === source.input && metric === source.metric && kind === source.kind,
    )
    return index >= 0 ? index : columns.push(source) - 1
  }
  const inputs = Object.entries(aggregates).map(([aggregate, spec]) => [
    aggregate,
    inputsOf(spec).map(({ input, metric }) =>
      indexOf({ input, metric, kind: kindOf(input, spec.type, isReadingField), aggregate }),
    ),
  ])
  return { columns, inputs: Object.fromEntries(inputs) as Record<string, number[]> }
}

/** What an aggregate is over: one input, or two. */
export const inputsOf = (spec: AggregateSpec): readonly { input: InputSpec; metric: string | undefined }[] =>
  'x' in spec ? [spec.x, spec.y] : [spec]

function kindOf(
  input: InputSpec,
  type: AggregateSpec['type'],
  isReadingField: (field: string) => boolean,
): InputColumn['kind'] {
  if (type === 'members' && input === 'device') return 'device'
  const takesNames = ['distinct', 'top', 'count', 'first', 'last'].includes(type)
  if (takesNames && typeof input === 'string' && NAMED.has(input) && isReadingField(input))
    return input as InputColumn['kind']
  return type === 'distinct' || type === 'count' ? 'hash' : 'number'
}

/** What a column has for a value that may be no number: NaN for none, 0 and 1 for false and true. */
export function numberOf(value: unknown, aggregate: string): number {
  if (typeof value === 'number') return value
  if (value === undefined || value === null) return NaN
  if (typeof value === 'boolean') return value ? 1 : 0
  throw new MillraceError(
    'pipeline-failed',
    `the input of "${aggregate}" is ${typeof value === 'string' ? `the text "${value}"` : `a value of type ${typeof value}`}; allowed: a number`,
  )
}

/** As `numberOf`, and for texts 53 bits of a hash: enough to tell them apart. */
export function hashedNumberOf(value: unknown, aggregate: string): number {
  return typeof value === 'string' ? hash53(value) : numberOf(value, aggregate)
}

/** Bryc's cyrb53: two multiplicative hashes, mixed. */
function hash53(text: string): number {
  let low = 0xdeadbeef
  let high = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    low = Math.imul(low ^ code, 2654435761)
    high = Math.imul(high ^ code, 1597334677)
  }
  const mixedLow = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  const mixedHigh = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return 4294967296 * (mixedHigh & 0x1fffff) + (mixedLow >>> 0)
}

export const isEveryItem = (input: InputSpec): boolean => input === EVERY_ITEM
