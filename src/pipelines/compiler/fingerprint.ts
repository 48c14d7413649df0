import { createHash } from 'node:crypto'
import type { PipelineDefinition, StageNode } from '../definition/definition.ts'

/** What decides whether state that was kept for a definition fits another one. */
export interface Fingerprint {
  /** Of stages, keys, windows and aggregates, without functions: equal ones can read each other's state. */
  readonly structure: string
  /** Of each function's source text, by stage and field (`filter-1.test`): a filter that was changed is seen. */
  readonly functions: Readonly<Record<string, string>>
}

export function fingerprintOf({ nodes, metrics, time }: PipelineDefinition): Fingerprint {
  const functions: Record<string, string> = {}
  const structure = [...nodes]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((node) => plain(structural(node), node.id, functions))
  return { structure: hash(JSON.stringify([structure, metrics ?? null, time.latenessMs])), functions }
}

/** What a failure leads to does not change what the state means; what rules keep is kept by their names. */
function structural({ policy: _, ...node }: StageNode): object {
  // raised when rows of patterns or windows are laid out otherwise
  if (node.kind === 'window') return { ...node, rows: 3 }
  if (node.kind === 'pattern') return { ...node, rows: 2 }
  return node.kind === 'rules' ? { ...node, rules: 'by name' } : node
}

/** The value with keys sorted and `ƒ` for functions, whose hashes go into `functions`. */
function plain(value: unknown, path: string, functions: Record<string, string>): unknown {
  if (typeof value === 'function') {
    functions[path] = hash(Function.prototype.toString.call(value))
    return 'ƒ'
  }
  if (Array.isArray(value)) return value.map((entry, index) => plain(entry, `${path}.${index}`, functions))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, entry]) => [key, plain(entry, `${path}.${key}`, functions)]))
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
