import type { Tier } from '../../core/tiers.ts'
import type { KeySpec } from '../definition/key-spec.ts'

export type KeyName = 'device' | 'series' | 'region' | 'tier' | 'metric' | 'tenant'

/** A property that devices have in the registry. */
export interface AttributeKey<Name extends string = string> {
  readonly attribute: Name
}

/** A key that the author computes; `ofDevice`: it never is the same for two devices, so that groups stay in one shard. */
export interface ComputedKey<Item, Value extends string | number = string | number> {
  readonly key: (item: Item) => Value
  readonly ofDevice?: boolean
}

type Part<Item> = KeyName | AttributeKey | ComputedKey<Item> | ((item: Item) => string | number)

/** What items are grouped by. */
export type By<Item> = 'all' | Part<Item> | readonly Part<Item>[]

/** Groups by a property that devices have in the registry: `by: attribute('site')`. */
export const attribute = <const Name extends string>(name: Name): AttributeKey<Name> => ({ attribute: name })

interface NamedParts {
  device: { readonly device: string }
  series: { readonly device: string; readonly metric: string }
  region: { readonly region: string }
  tier: { readonly tier: Tier }
  metric: { readonly metric: string }
  tenant: { readonly tenant: string | undefined }
  all: unknown
}

type PartOf<K> = K extends keyof NamedParts
  ? NamedParts[K]
  : K extends AttributeKey<infer Name>
    ? { readonly [P in Name]: string | number | boolean | undefined }
    : K extends { readonly key: (...args: never) => infer Value }
      ? { readonly key: Value }
      : K extends (...args: never) => infer Value
        ? { readonly key: Value }
        : never

type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  part: infer All,
) => void
  ? All
  : never

/** The parts of a key by name, as they are in a window's result. */
export type KeyParts<K> = K extends readonly (infer One)[]
  ? Intersection<One extends unknown ? PartOf<One> : never>
  : PartOf<K>

/** Anything is taken as it is; the check says what it should have been. */
export function keySpec(by: unknown): KeySpec {
  if (typeof by === 'function') return { by: 'function', key: by as never, ofDevice: false }
  if (Array.isArray(by)) return { by: 'composite', parts: by.map(keySpec) }
  if (typeof by !== 'object' || by === null) return { by } as KeySpec
  if ('attribute' in by) return { by: 'attribute', attribute: by.attribute as string }
  const { key, ofDevice } = by as ComputedKey<never>
  return { by: 'function', key, ofDevice: ofDevice ?? false }
}
