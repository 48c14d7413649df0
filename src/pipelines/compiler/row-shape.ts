import { fieldsUsed } from './field-use.ts'

/** What a reading's fields are over the columns at `i`. */
export const READING_FIELDS: Readonly<Record<string, string>> = {
  device: 'names.device(device[i])',
  deviceId: 'device[i]',
  metric: 'names.metric(metric[i])',
  time: 'time[i]',
  value: 'value[i]',
  lat: 'lat[i]',
  lon: 'lon[i]',
  region: 'names.region(region[i])',
  tier: 'names.tier(tier[i])',
  score: 'score[i]',
  series: "(names.device(device[i]) + '/' + names.metric(metric[i]))",
}

const NUMERIC = new Set(['deviceId', 'time', 'value', 'lat', 'lon', 'score'])

/**
 * A reading and the fields derived so far, as expressions of a generated loop. It can be shown to a function as an object
 * of just the fields that it uses, or, where these aren't known, as a view that finds each when it is asked for.
 */
export class RowShape {
  /** Local variables by derived field; a field of the reading can be derived anew. */
  readonly derived: ReadonlyMap<string, string>

  constructor(derived: ReadonlyMap<string, string> = new Map()) {
    this.derived = derived
  }

  with(field: string, variable: string): RowShape {
    return new RowShape(new Map([...this.derived, [field, variable]]))
  }

  /** Undefined: no such field. */
  expression(field: string): string | undefined {
    return (
      this.derived.get(field) ?? (Object.hasOwn(READING_FIELDS, field) ? READING_FIELDS[field] : undefined)
    )
  }

  /** The expression is sure to be a number. */
  isNumeric(field: string): boolean {
    return !this.derived.has(field) && NUMERIC.has(field)
  }

  /** The field is the reading's own. */
  isOriginal(field: string): boolean {
    return !this.derived.has(field)
  }

  /** An argument for the function; `viewClass` declares a class by its source and returns its name. */
  argument(userFunction: (...args: never) => unknown, viewClass: (source: string) => string): string {
    const used = fieldsUsed(userFunction)
    if (used === undefined || used.some((field) => this.expression(field) === undefined))
      return this.#view(viewClass)
    return literal(used.map((field) => [field, this.expression(field)]))
  }

  /** An object of its own with all fields. */
  item(): string {
    const own = Object.keys(READING_FIELDS).filter((field) => this.isOriginal(field))
    return literal([...own, ...this.derived.keys()].map((field) => [field, this.expression(field)]))
  }

  #view(viewClass: (source: string) => string): string {
    const fields = [...this.derived.keys()]
    const name = viewClass(viewSource(fields))
    return `new ${name}(${['block', 'i', ...this.derived.values()].join(', ')})`
  }
}

const literal = (fields: readonly (readonly [string, string | undefined])[]): string =>
  `{ ${fields.map(([field, expression]) => `${propertyName(field)}: ${expression}`).join(', ')} }`

/** `__proto__: x` would set the prototype; a computed name does not. */
export const propertyName = (field: string): string =>
  field === '__proto__' ? '["__proto__"]' : JSON.stringify(field)

function viewSource(derived: readonly string[]): string {
  const parameters = derived.map((_, index) => `d${index}`)
  const own = derived.map((field, index) => `this[${JSON.stringify(field)}] = d${index}`)
  const getters = Object.entries(READING_FIELDS)
    .filter(([field]) => !derived.includes(field))
    .map(([field, expression]) => `get ${field}() { const i = this.$row; return ${overBlock(expression)} }`)
  return `{
  constructor(${['block', 'row', ...parameters].join(', ')}) { this.$block = block; this.$row = row; ${own.join('; ')} }
  ${getters.join('\n  ')}
}`
}

const overBlock = (expression: string): string => expression.replace(/\b(\w+)\[i\]/g, 'this.$block.$1[i]')
