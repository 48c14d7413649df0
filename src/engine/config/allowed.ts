import type { SchemaNode } from './json-schema.ts'

/** What a schema allows, in words: `a whole number from 1 to 16`. */
export function allowedBy(node: SchemaNode): string {
  if (node['x-allowed'] !== undefined) return node['x-allowed']
  if (node.anyOf) return [...new Set(node.anyOf.map(allowedBy))].join(' or ')
  if (node.enum) return oneOf(node.enum)
  if (node.const !== undefined) return JSON.stringify(node.const)
  if (Array.isArray(node.type)) return node.type.map((type: string) => allowedBy({ type })).join(', ')
  return byType(node)
}

function byType(node: SchemaNode): string {
  switch (node.type) {
    case 'integer':
      return `${node.multipleOf ? `a multiple of ${count(node.multipleOf)}` : 'a whole number'}${range(node)}`
    case 'number':
      return `a number${range(node)}`
    case 'boolean':
      return 'true or false'
    case 'string':
      return node.maxLength ? `a text of at most ${node.maxLength} characters` : 'a text'
    case 'null':
      return 'null'
    case 'array':
      return 'a list'
    default:
      return node.properties
        ? `keys and values: ${Object.keys(node.properties).join(', ')}`
        : 'names and their values'
  }
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1
    ? JSON.stringify(values[0])
    : values
        .map(String)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')

/** ` from 1 to 16`, or with the bounds that don't belong to it named as such. */
function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  let words = ''
  if (exclusiveMinimum !== undefined) words += ` over ${count(exclusiveMinimum)}`
  if (minimum !== undefined) words += ` from ${count(minimum)}`
  if (exclusiveMaximum !== undefined)
    words += `${words === '' ? '' : ' and'} under ${count(exclusiveMaximum)}`
  if (maximum !== undefined)
    words += words.startsWith(' from')
      ? ` to ${count(maximum)}`
      : `${words === '' ? '' : ' and'} at most ${count(maximum)}`
  return words
}

/** 1,048,576; small numbers and fractions as they are. */
export const count = (value: number): string =>
  Math.abs(value) >= 1e-4 || value === 0
    ? value.toLocaleString('en-US', { maximumFractionDigits: 6 })
    : String(value)
