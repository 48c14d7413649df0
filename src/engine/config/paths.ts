/** Where a value is in the configuration: keys and indexes from the top. */
export type Path = readonly (string | number)[]

/** As people write it: `rules[0].match`, `metrics["wind speed"].unit`. */
export function pathText(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}

/** Whether `value` is an object or array to go down into. */
export const isContainer = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null

/** What is at `path`; undefined where there is nothing. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (!isContainer(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}

/** A value that is shown as one: a scalar, an empty object, a list of scalars. */
export interface Leaf {
  readonly path: Path
  readonly value: unknown
}

/** All leaves of a configuration in the order they are written. */
export function* leavesOf(value: unknown, path: Path = []): Generator<Leaf> {
  if (!isContainer(value) || isLeafContainer(value)) {
    yield { path, value }
  } else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield* leavesOf(value[i], [...path, i])
  } else {
    for (const [key, below] of Object.entries(value)) yield* leavesOf(below, [...path, key])
  }
}

function isLeafContainer(value: object): boolean {
  return Array.isArray(value) ? !value.some(isContainer) : Object.keys(value).length === 0
}
