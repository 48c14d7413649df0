/**
 * The fields of its one argument that a function reads, from its source text; undefined where the text doesn't say for
 * sure. The generated loop then makes an object of just these, which V8 takes apart again, so that none is made at all.
 * A field too many does no harm, one too few would: so whatever is not plainly `r.field` counts as not sure (the argument
 * handed on, spread, destructured with a rest, indexed, `arguments`, `eval`, escapes in names, functions bound or built in).
 */
export function fieldsUsed(userFunction: (...args: never) => unknown): readonly string[] | undefined {
  if (userFunction.length > 1) return undefined
  const source = Function.prototype.toString.call(userFunction)
  if (UNSURE.test(source)) return undefined
  const pattern = DESTRUCTURED.exec(source)
  if (pattern !== null) return namesIn(pattern[1])
  const head = ARROW.exec(source) ?? METHOD.exec(source)
  if (head === null) return NO_ARGUMENT.test(source) ? [] : undefined
  return membersOf(head[1], source.slice(head[0].length))
}

const UNSURE = /\\u|\\x|\beval\b|\barguments\b|^async\b|^\w*\s*\*|^class\b|\[native code\]/
const ARROW = /^\(?\s*([\w$]+)\s*\)?\s*=>/
const METHOD = /^(?:function\b\s*)?[\w$]*\s*\(\s*([\w$]+)\s*\)\s*\{/
const DESTRUCTURED = /^\(\s*\{([\w$\s,]*)\}\s*\)\s*=>/
const NO_ARGUMENT = /^\(\s*\)\s*=>/

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

function membersOf(name: string, body: string): string[] | undefined {
  const escaped = name.replaceAll('$', '\\$')
  const mentions = new RegExp(
    `(\\.\\.\\.\\s*|(?<![\\w$.]))${escaped}(?![\\w$])(\\s*\\??\\.\\s*([A-Za-z_$][\\w$]*))?`,
    'g',
  )
  const fields = new Set<string>()
  for (const [, before, , field] of body.matchAll(mentions)) {
    if (before !== '' || field === undefined) return undefined
    fields.add(field)
  }
  return [...fields]
}
