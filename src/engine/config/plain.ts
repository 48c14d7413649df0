import { isContainer, type Path } from './paths.ts'
import { badConfig } from './problems.ts'

const DEEPEST = 32

/**
 * What a program hands over, as plain data: keys that are undefined are as good as absent, URLs become text.
 * A key called `__proto__` would be skipped by the schema in silence, so it is refused here.
 */
export function plain(value: unknown, path: Path = []): unknown {
  if (value instanceof URL) return value.href
  if (path.length > DEEPEST) throw refused(path, 'nested too deeply')
  if (Array.isArray(value)) return value.map((item, i) => plain(item, [...path, i]))
  if (!isContainer(value)) return value
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw refused([...path, key], 'not allowed as a name')
    if (item !== undefined) result[key] = plain(item, [...path, key])
  }
  return result
}

const refused = (path: Path, message: string) => badConfig([{ path, message }], () => undefined)
