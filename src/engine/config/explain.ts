import { FIXED_LIMITS, MAX_SHARED_BYTES } from '../../core/limits.ts'
import { isPemText } from '../../security/options.ts'
import { count } from './allowed.ts'
import type { Config } from './config.ts'
import { isSecretPath } from './secret-paths.ts'
import { diskRoom } from './disk-room.ts'
import type { Origins } from './origins.ts'
import { type Leaf, leavesOf, type Path, pathText } from './paths.ts'

/** A segment of the shared memory and what it takes, as planned from the limits. */
export interface SegmentSize {
  readonly name: string
  readonly bytes: number
}

/** One value of the effective configuration, as it is shown. */
export interface ExplainedValue {
  readonly path: string
  readonly value: unknown
  readonly origin: string
}

const MOST_ENTRIES = 20
const LONGEST_VALUE = 60

/**
 * The effective configuration as a table with where each value came from, the limits, and the memory and the room on
 * disk they take.
 */
export function explain(config: Config, origins: Origins, memoryPlan: readonly SegmentSize[]): string {
  const values = explainedValues(config, origins).map(({ path, value, origin }) => [
    path,
    shown(value),
    origin,
  ])
  const limits = FIXED_LIMITS.map(({ name, value, meaning }) => [name, count(value), meaning])
  const sections = [
    ['Configuration', ...table([['option', 'value', 'from'], ...values, ...leftOut(config)])],
    ['Fixed limits', ...table(limits)],
    ['Shared memory that follows', ...table(memoryRows(memoryPlan), 1)],
    ...diskSection(config),
  ]
  return sections.map((lines) => lines.join('\n')).join('\n\n')
}

/** Every value with its origin; of long lists the first entries; private keys left out. */
export function explainedValues(config: Config, origins: Origins): ExplainedValue[] {
  const result: ExplainedValue[] = []
  for (const leaf of leavesOf(config)) {
    if (isBeyond(leaf.path)) continue
    const path = pathText(leaf.path)
    result.push({ path, value: withoutSecret(leaf), origin: origins.get(path) ?? 'default' })
  }
  return result
}

/** Whether it belongs to an entry of a list that is too long to be shown whole. */
const isBeyond = (path: Path): boolean =>
  path.some((part) => typeof part === 'number' && part >= MOST_ENTRIES)

function leftOut({ devices, rules, auth }: Config): string[][] {
  const lists: [string, readonly unknown[]][] = [
    ['rules', rules],
    ['devices', devices],
    ['auth.tokens', auth.tokens],
  ]
  const long = lists.filter(([, entries]) => entries.length > MOST_ENTRIES)
  return long.map(([name, entries]) => [`${name}[…]`, `${count(entries.length - MOST_ENTRIES)} more`, ''])
}

function withoutSecret({ path, value }: Leaf): unknown {
  if (path[0] === 'tls' && typeof value === 'string' && isPemText(value)) return '(PEM text)'
  return isSecretPath(path) && value !== null ? '(not shown)' : value
}

function shown(value: unknown): string {
  const text = Array.isArray(value) ? `[${value.join(', ')}]` : plainText(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

function plainText(value: unknown): string {
  if (value === '') return "''"
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function memoryRows(plan: readonly SegmentSize[]): string[][] {
  const total = plan.reduce((sum, { bytes }) => sum + bytes, 0)
  const rows = [...plan, { name: 'total', bytes: total }].map(({ name, bytes }) => [
    name,
    count(bytes),
    size(bytes),
  ])
  return [...rows, ['possible', count(MAX_SHARED_BYTES), size(MAX_SHARED_BYTES)]]
}

function diskSection(config: Config): string[][] {
  const rows = diskRoom(config).map(({ name, bytes, meaning }) => [name, size(bytes), meaning])
  return rows.length === 0 ? [] : [[`Room on disk that follows, in ${config.dataDir}`, ...table(rows)]]
}

/** 128.0 MiB */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  let unit = 0
  let value = bytes
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** Lines with aligned columns; from column `numbersFrom` on, aligned to the right. */
function table(rows: readonly (readonly string[])[], numbersFrom = Infinity): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i >= numbersFrom ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
    return `  ${cells.join('  ')}`.trimEnd()
  })
}
