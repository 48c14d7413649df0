import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
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

/** Reads YAML 1.2, of which JSON is a part. Errors say `file:line:column`. */
export function parseYaml(text: string, file: string): LocatedValues {
  if (text.length > LONGEST_TEXT)
    throw new MillraceError('bad-config', `${file}: longer than ${LONGEST_TEXT} characters`)
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
