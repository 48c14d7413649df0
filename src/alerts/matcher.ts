/**
 * Matchers on labels as Alertmanager has them: `severity="high"`, `device=~"pump-.*"`. A label that is not there has the
 * empty value. Regular expressions match the whole value.
 */
import { MillraceError } from '../core/errors.ts'
import type { Labels } from './labels.ts'
import { patternProblem } from './matcher-pattern.ts'

export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
  readonly test: (value: string) => boolean
}

export const MATCHER_ALLOWED = 'label="value" with =, !=, =~ or !~'
const MAX_LENGTH = 1024
const MATCHER = /^\s*([A-Za-z_][\w.-]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s

/** What is wrong with it, or ''. */
export function matcherProblem(text: string): string {
  const matcher = read(text)
  return typeof matcher === 'string' ? matcher : ''
}

/** Throws bad-request, with `where` at the beginning. */
export function parseMatchers(texts: readonly string[], where: string): Matcher[] {
  return texts.map((text, index) => {
    const matcher = read(text)
    if (typeof matcher !== 'string') return matcher
    throw new MillraceError('bad-request', `${where}[${index}]: ${JSON.stringify(text)}: ${matcher}`)
  })
}

export const matchesAll = (matchers: readonly Matcher[], labels: Labels): boolean =>
  matchers.every(({ label, test }) => test(labels[label] ?? ''))

/** Would they match an alert without any labels, and so nearly everything? */
export const matchNothingInParticular = (matchers: readonly Matcher[]): boolean => matchesAll(matchers, {})

/** Of `a="1", b=~"x,y"`: the matchers, commas within quotation marks left alone. Braces around all of it are allowed. */
export function splitMatchers(text: string): string[] {
  const inner = text.trim().replace(/^\{(.*)\}$/s, '$1')
  const parts = inner.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/gs) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** The matcher, or what is wrong. */
function read(text: string): Matcher | string {
  if (text.length > MAX_LENGTH) return `allowed: at most ${MAX_LENGTH} characters`
  const [, label, operator, quoted] = MATCHER.exec(text) ?? []
  if (label === undefined) return `allowed: ${MATCHER_ALLOWED}`
  const value = unquoted(quoted)
  if (value === undefined) return `the quotation marks don't close; allowed: ${MATCHER_ALLOWED}`
  if (operator === '=') return { label, operator, value, test: (other) => other === value }
  if (operator === '!=') return { label, operator, value, test: (other) => other !== value }
  const problem = patternProblem(value)
  if (problem !== '') return problem
  const pattern = new RegExp(`^(?:${value})$`, 's')
  return operator === '=~'
    ? { label, operator, value, test: (other) => pattern.test(other) }
    : { label, operator: '!~', value, test: (other) => !pattern.test(other) }
}

function unquoted(text: string): string | undefined {
  if (!text.startsWith('"')) return text
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
