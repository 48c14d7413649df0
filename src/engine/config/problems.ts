import type { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import { allowedBy } from './allowed.ts'
import { keysOf, schemaAt, type SchemaNode } from './json-schema.ts'
import { type Path, pathText, valueAt } from './paths.ts'
import { isSecretPath } from './secret-paths.ts'
import { suggest } from './suggest.ts'

/** One thing that is wrong with a configuration. */
export interface Problem {
  readonly path: Path
  /** Without path and place: `-5 is not allowed; give a whole number from 0 to 65,535`. */
  readonly message: string
}

/** Where a path was written: `millrace.yaml:3:9`; undefined where that says nothing. */
export type Locate = (path: Path) => string | undefined

const MOST_PROBLEMS = 20
const LONGEST_VALUE = 60

/** The error for a configuration with `problems`: one line for each. */
export function badConfig(problems: readonly Problem[], locate: Locate): MillraceError {
  const lines = problems.slice(0, MOST_PROBLEMS).map((problem) => line(problem, locate))
  if (problems.length > MOST_PROBLEMS) lines.push(`and more: ${problems.length} problems in all`)
  return new MillraceError('bad-config', lines.join('\n'), {
    problems: problems
      .slice(0, MOST_PROBLEMS)
      .map(({ path, message }) => ({ path: pathText(path), message })),
  })
}

function line({ path, message }: Problem, locate: Locate): string {
  const place = locate(path)
  // a flag is its own path
  if (place?.startsWith('--')) return `${place}: ${message}`
  return [place, pathText(path), message].filter((part) => part !== undefined && part !== '').join(': ')
}

/**
 * What zod found wrong with `input`, in words that name value and what is allowed. `tree` describes `input`.
 */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  tree?: SchemaNode,
): Problem[] {
  return issues.flatMap((issue) => {
    const path = issue.path as Path
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(path, key, valueAt(input, [...path, key]), tree))
    if (issue.code === 'invalid_key') return [badName(path, tree)]
    return [badValue(path, valueAt(input, path), tree)]
  })
}

function unknownKey(parent: Path, key: string, value: unknown, tree?: SchemaNode): Problem {
  const path = [...parent, key]
  const allowed = keysOf(schemaAt(parent, tree) ?? {})
  const meant = suggest(key, allowed)
  const hint = meant === undefined ? '' : ` did you mean ${meant}?`
  return { path, message: `unknown key (${shown(path, value)});${hint} allowed here: ${allowed.join(', ')}` }
}

function badName(path: Path, tree?: SchemaNode): Problem {
  const names = schemaAt(path.slice(0, -1), tree)?.propertyNames
  return { path, message: `not allowed as a name; give ${names ? allowedBy(names) : 'another'}` }
}

function badValue(path: Path, value: unknown, tree?: SchemaNode): Problem {
  const node = schemaAt(path, tree)
  const allowed = node ? allowedBy(node) : 'another value'
  if (value === undefined) return { path, message: `missing; give ${allowed}` }
  return { path, message: `${shown(path, value)} is not allowed; give ${allowed}` }
}

/** The value for a message; never one that could be a secret in the wrong place. */
function shown(path: Path, value: unknown): string {
  if (isSecret(path)) return 'a value not shown here'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a group of keys'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}

const SHOWN_OF_AUTH = ['name', 'scope', 'tenant', 'expires', 'tokensFile']

/**
 * Where a private key or a token may stand, by mistake or not. Paths in a tokens file begin with an index.
 */
const isSecret = (path: Path): boolean => {
  if (isSecretPath(path)) return true
  const ofAuth = path[0] === 'auth' || typeof path[0] === 'number'
  return ofAuth ? !SHOWN_OF_AUTH.includes(String(path.at(-1))) : path[0] === 'tls' && path[1] !== 'cert'
}
