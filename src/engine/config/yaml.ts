import { createRequire } from 'node:module'
import type { Document, Node, YAMLError } from 'yaml'
import { MillraceError } from '../../core/errors.ts'
import type { Locate } from './problems.ts'
import type { Path } from './paths.ts'

/** A YAML or JSON text as plain values, and where each of them stands. */
export interface LocatedValues {
  readonly value: unknown
  /** `file:line:column`. */
  readonly locate: Locate
}

const LONGEST_TEXT = 64 * 1024 * 1024
const MOST_ALIASES = 100
const STRINGS = /"(?:[^"\\]|\\.)*"(\s*:)?/g

/** Loaded when there is something to read: it takes as long as the start of a thread or two. */
const yaml = (): typeof import('yaml') => createRequire(import.meta.url)('yaml') as typeof import('yaml')

/** Reads YAML 1.2, of which JSON is a part. Errors say `file:line:column`. */
export function parseYaml(text: string, file: string): LocatedValues {
  if (text.length > LONGEST_TEXT)
    throw new MillraceError('bad-config', `${file}: longer than ${LONGEST_TEXT} characters`)
  const value = parsedJson(text)
  return value === undefined
    ? readYaml(text, file)
    : { value, locate: (path) => readYaml(text, file).locate(path) }
}

/** What JSON.parse makes of it; undefined for what isn't JSON, or has a key twice, which it would take. */
function parsedJson(text: string): unknown {
  let keys = 0
  const count = (_: string, value: unknown): unknown => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      keys += Object.keys(value).length
    return value
  }
  try {
    const value: unknown = JSON.parse(text, count)
    const written = [...text.matchAll(STRINGS)].filter(([, colon]) => colon !== undefined)
    return written.length === keys ? value : undefined
  } catch {
    return undefined
  }
}

function readYaml(text: string, file: string): LocatedValues {
  const { LineCounter, parseDocument, visit } = yaml()
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const document = guarded(file, () => parseDocument(text, { lineCounter: lines, prettyErrors: false }))
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault) throw new MillraceError('bad-config', `${place(fault.pos[0])}: ${wordsFor(fault)}`, { file })
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return
      throw new MillraceError(
        'bad-config',
        `${place(alias.range?.[0] ?? 0)}: no anchor is called ${alias.source}`,
        { file },
      )
    },
  })
  const value: unknown = guarded(file, () => document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown)
  return { value, locate: (path) => place(offsetOf(document, path)) }
}

function wordsFor({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; give one'
  return message.startsWith('Maximum call stack') ? 'nested too deeply' : message
}

/** What the parser throws instead of reporting: alias bombs, nesting beyond the stack. */
function guarded<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const why = error instanceof RangeError ? 'nested too deeply' : 'aliases that expand without measure'
    throw new MillraceError('bad-config', `${file}: ${why}`, { file }, error)
  }
}

/** Where the key or item at `path` starts, or as much of the path as is written. */
function offsetOf(document: Document, path: Path): number {
  const { isAlias, isMap, isScalar, isSeq } = yaml()
  let node = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    if (isSeq(node)) {
      node = (node.items[Number(part)] ?? null) as Node | null
      offset = node?.range?.[0] ?? offset
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      offset = (pair?.key as Node | undefined)?.range?.[0] ?? offset
      node = (pair?.value ?? null) as Node | null
    } else break
  }
  return offset
}
