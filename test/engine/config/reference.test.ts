import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jsonSchema, schemaTree, type SchemaNode } from '../../../src/engine/config/json-schema.ts'
import { configurationReference, errorsReference } from '../../../src/engine/config/reference.ts'

const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

/** Every option of the schema, groups left out. */
function* options(node: SchemaNode, path = ''): Generator<[string, SchemaNode]> {
  const inside = [node, ...(node.anyOf ?? [])].flatMap(({ properties }) => Object.entries(properties ?? {}))
  for (const [key, option] of inside) {
    const at = path === '' ? key : `${path}.${key}`
    if (option.items?.properties) yield* options(option.items, `${at}[]`)
    else if (typeof option.additionalProperties === 'object' && option.additionalProperties.properties)
      yield* options(option.additionalProperties, `${at}.<name>`)
    else if ([option, ...(option.anyOf ?? [])].some(({ properties }) => properties))
      yield* options(option, at)
    else yield [at, option]
  }
}

describe('the generated pages', () => {
  it('are fresh: node scripts/generate-docs.js', () => {
    expect(page('configuration.md')).toBe(configurationReference())
    expect(page('errors.md')).toBe(errorsReference())
  })

  it('name every option, each of which says what it means', () => {
    const all = [...options(schemaTree())]
    expect(all.length).toBeGreaterThan(60)
    const reference = configurationReference()
    for (const [path, { description }] of all) {
      expect(reference).toContain(`| \`${path}\` |`)
      expect(description, path).toMatch(/^[A-Z].*\.$/)
    }
  })
})

describe('jsonSchema', () => {
  it('is a draft 2020-12 schema of what may be written, the same on every machine', () => {
    const schema = jsonSchema() as unknown as SchemaNode & { $schema: string }
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(schema.additionalProperties).toBe(false)
    expect(schema.required).toBeUndefined()
    expect(schema.properties?.port).toMatchObject({
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      default: 9000,
    })
    expect(schema.properties?.pool.properties?.max.default).toBeUndefined()
    expect(JSON.stringify(schema)).not.toContain('"x-')
  })
})
