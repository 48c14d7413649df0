import { MillraceError } from '../../core/errors.ts'
import { TIERS } from '../../core/tiers.ts'
import type { Lookup } from '../definition/outside.ts'
import { hashOfText } from './fnv.ts'
import { deviceText, type KeyEncoder, type KeySource } from './key-encoder.ts'
import { type KeyPart, partName } from './key-parts.ts'

/** Hashes of texts that were met; forgotten all at once when there are too many. */
const MAX_HASHES = 16_384

const NO_SOURCE: KeySource = { device: 0, metric: 0, region: 0, tier: 0 }

type Value = string | number | boolean | null

/**
 * A key that needs a text: tenant, attributes, what a function gives, and combinations that don't fit into two words.
 * The text is a JSON array of the parts (devices, metrics, regions and tiers by number), the words are its hash. A
 * function alone that gives a number needs no text: the words are the number's bits.
 */
export class TextKey implements KeyEncoder {
  readonly isPacked = false
  readonly isOfDevice: boolean
  readonly parts: readonly string[]
  low = 0
  high = 0
  text: string | undefined
  readonly #parts: readonly KeyPart[]
  readonly #lookup: Pick<Lookup, 'device'>
  readonly #hashes = new Map<string, { readonly low: number; readonly high: number }>()
  readonly #double = new Float64Array(1)
  readonly #words = new Uint32Array(this.#double.buffer)

  constructor(parts: readonly KeyPart[], isOfDevice: boolean, lookup: Pick<Lookup, 'device'>) {
    this.#parts = parts
    this.#lookup = lookup
    this.isOfDevice = isOfDevice
    this.parts = parts.map(partName)
  }

  encode(item: unknown, source: KeySource): void {
    const values = this.#parts.map((part) => this.#valueOf(part, item, source))
    if (this.#isFunction && typeof values[0] === 'number') return this.#encodeNumber(values[0])
    const text = JSON.stringify(values)
    const { low, high } = this.#hashOf(text)
    this.low = low
    this.high = high
    this.text = text
  }

  describe(low: number, high: number, text: string | undefined, lookup: Lookup): Record<string, unknown> {
    const values = this.#valuesOf(low, high, text)
    return Object.fromEntries(
      this.#parts.map((part, index) => [partName(part), named(part, values[index], lookup)]),
    )
  }

  label(low: number, high: number, text: string | undefined, lookup: Lookup): string {
    return Object.values(this.describe(low, high, text, lookup))
      .map(String)
      .join('/')
  }

  source(low: number, high: number, text: string | undefined): KeySource {
    const values = this.#valuesOf(low, high, text)
    const known = this.#parts
      .map((part, index) => [part.from, values[index]])
      .filter(([from]) => (from as string) in NO_SOURCE)
    return { ...NO_SOURCE, ...(Object.fromEntries(known) as Partial<KeySource>) }
  }

  get #isFunction(): boolean {
    return this.#parts.length === 1 && this.#parts[0].from === 'function'
  }

  #valueOf(part: KeyPart, item: unknown, source: KeySource): Value {
    if (part.from === 'function') return keyFrom(part.key(item as never))
    if (part.from === 'tenant') return this.#lookup.device(source.device)?.tenant ?? null
    if (part.from === 'attribute')
      return this.#lookup.device(source.device)?.attributes[part.attribute] ?? null
    return source[part.from]
  }

  #encodeNumber(value: number): void {
    this.#double[0] = value + 0 // -0 is 0
    this.low = this.#words[0]
    this.high = this.#words[1]
    this.text = undefined
  }

  #valuesOf(low: number, high: number, text: string | undefined): readonly Value[] {
    if (text !== undefined) return JSON.parse(text) as Value[]
    this.#words[0] = low
    this.#words[1] = high
    return [this.#double[0]]
  }

  #hashOf(text: string): { readonly low: number; readonly high: number } {
    const known = this.#hashes.get(text)
    if (known !== undefined) return known
    if (this.#hashes.size >= MAX_HASHES) this.#hashes.clear()
    const hash = hashOfText(text)
    this.#hashes.set(text, hash)
    return hash
  }
}

function keyFrom(value: unknown): string | number {
  if (typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))) return value
  const shown =
    typeof value === 'number' ? String(value) : value === null ? 'null' : `a value of type ${typeof value}`
  throw new MillraceError('pipeline-failed', `a key is ${shown}; allowed: a text or a finite number`)
}

function named({ from }: KeyPart, value: Value, lookup: Lookup): unknown {
  if (from === 'device') return deviceText(value as number, lookup)
  if (from === 'metric') return lookup.metricName(value as number)
  if (from === 'region') return lookup.regionName(value as number)
  if (from === 'tier') return TIERS[value as number]
  return value ?? undefined
}
