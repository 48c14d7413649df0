/**
 * One condition on a label, written as Alertmanager writes it: `severity="critical"`, `region!=eu`, `device=~"pump-.*"`,
 * `tier!~"bulk|standard"`. Expressions are whole-value ones; a label that is not there counts as empty.
 */
type Labels = Readonly<Record<string, string>>

export interface Matcher {
  readonly text: string
  matches(labels: Labels): boolean
}

export const MATCHER_ALLOWED =
  'a label, one of = != =~ !~, and a value, such as severity="critical" or device=~"pump-.*"'

const FORM = /^\s*([A-Za-z_][\w.-]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s

/** Undefined: it is none. */
export function parseMatcher(text: string): Matcher | undefined {
  const [, label, operator, written] = FORM.exec(text) ?? []
  const value = written === undefined ? undefined : unquoted(written)
  if (label === undefined || operator === undefined || value === undefined) return undefined
  const isMet = conditionOf(operator, value)
  return (
    isMet && {
      text: `${label}${operator}${JSON.stringify(value)}`,
      matches: (labels) => isMet(labels[label] ?? ''),
    }
  )
}

function conditionOf(operator: string, value: string): ((found: string) => boolean) | undefined {
  if (operator === '=') return (found) => found === value
  if (operator === '!=') return (found) => found !== value
  const pattern = patternOf(value)
  if (pattern === undefined) return undefined
  return operator === '=~' ? (found) => pattern.test(found) : (found) => !pattern.test(found)
}

function patternOf(text: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text})$`, 'su')
  } catch {
    return undefined
  }
}

/** With quotes it is a JSON string, in which a backslash that means nothing there stands for itself. */
function unquoted(written: string): string | undefined {
  if (!written.startsWith('"')) return /["\s]/.test(written) ? undefined : written
  try {
    const value: unknown = JSON.parse(written.replaceAll(/\\(?![\\"nrtbfu/])/g, '\\\\'))
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
