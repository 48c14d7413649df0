import { z } from 'zod'
import type { Path } from './paths.ts'
import { configSchema } from './schema.ts'

/** The part of JSON Schema that the configuration uses, with the two words for people. */
export interface SchemaNode {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly propertyNames?: SchemaNode
  readonly additionalProperties?: SchemaNode | boolean
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  /** `#/$defs/name`: the same as that one, which contains this. */
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, SchemaNode>>
  readonly 'x-allowed'?: string
  readonly 'x-default'?: string
}

/** A schema as data, made when somebody asks: most engines are told nothing that is wrong, and making it takes time. */
export function treeOf(schema: z.ZodType): () => SchemaNode {
  let tree: SchemaNode | undefined
  return () => (tree ??= z.toJSONSchema(schema, { io: 'input' }) as SchemaNode)
}

const configTree = treeOf(configSchema)
let writtenTree: SchemaNode | undefined

/**
 * The configuration's schema as data, from which error messages and docs/configuration.md take their words.
 */
export const schemaTree = (): SchemaNode => (writtenTree ??= withOneLevel(configTree()))

/** What contains itself is written out where it begins; inside it stays a reference. */
function withOneLevel(tree: SchemaNode): SchemaNode {
  const written = new Set<string>()
  const text = JSON.stringify(tree.properties, (_, value: unknown) => {
    const { $ref } = (value ?? {}) as SchemaNode
    if ($ref === undefined || written.has($ref)) return value
    written.add($ref)
    return meant(value as SchemaNode, tree)
  })
  return { ...tree, properties: JSON.parse(text) as NonNullable<SchemaNode['properties']> }
}

/** JSON Schema (draft 2020-12) of what may be written, for editors: `millrace config --schema`. */
export const jsonSchema = (): Record<string, unknown> => withoutWords('Millrace configuration', schemaTree())

/** A schema without the words for people. */
export function withoutWords(title: string, tree: SchemaNode): Record<string, unknown> {
  const text = JSON.stringify({ title, ...tree }, (key, value: unknown) =>
    key.startsWith('x-') ? undefined : value,
  )
  return JSON.parse(text) as Record<string, unknown>
}

/** The schema of what may be at `path`; undefined where nothing may be. */
export function schemaAt(path: Path, from = schemaTree()): SchemaNode | undefined {
  let node: SchemaNode | undefined = from
  for (const part of path) node = node && below(meant(node, from), part)
  return node && meant(node, from)
}

function meant(node: SchemaNode, { $defs }: SchemaNode): SchemaNode {
  const { $ref, ...own } = node
  const name = $ref?.split('/').at(-1)
  return name === undefined ? node : { ...$defs?.[name], ...own }
}

function below(node: SchemaNode, part: string | number): SchemaNode | undefined {
  if (typeof part === 'number' && node.items) return node.items
  const own = node.properties
  if (own && Object.hasOwn(own, part)) return own[part]
  if (typeof node.additionalProperties === 'object') return node.additionalProperties
  const found = optionsOf(node).flatMap((option) => below(option, part) ?? [])
  return found.length > 1 ? { anyOf: found } : found[0]
}

const optionsOf = ({ anyOf = [], oneOf = [] }: SchemaNode): readonly SchemaNode[] => [...anyOf, ...oneOf]

/** The keys that a group may have, of whatever kind it is. */
export function keysOf(node: SchemaNode): string[] {
  const keys = [...Object.keys(node.properties ?? {}), ...optionsOf(node).flatMap(keysOf)]
  return [...new Set(keys)]
}
