import type { Compute } from '../definition/functions.ts'
import type { KeySpec } from '../definition/key-spec.ts'

/** What a key is made of, with composites and series taken apart and nothing twice. */
export type KeyPart =
  | { readonly from: 'device' | 'metric' | 'region' | 'tier' | 'tenant' }
  | { readonly from: 'attribute'; readonly attribute: string }
  | { readonly from: 'function'; readonly key: Compute; readonly ofDevice: boolean }

export function partsOf(spec: KeySpec): readonly KeyPart[] {
  const parts = new Map<string, KeyPart>()
  for (const part of allParts(spec)) {
    const name = part.from === 'function' ? `function ${parts.size}` : `${part.from} ${partName(part)}`
    parts.set(name, parts.get(name) ?? part)
  }
  return [...parts.values()]
}

/** The name of a part in a window's result. */
export const partName = (part: KeyPart): string =>
  part.from === 'attribute' ? part.attribute : part.from === 'function' ? 'key' : part.from

/** Whether each group belongs to one device, so to one shard. */
export const isOfDevice = (spec: KeySpec): boolean =>
  partsOf(spec).some((part) => part.from === 'device' || (part.from === 'function' && part.ofDevice))

function allParts(spec: KeySpec): KeyPart[] {
  if (spec.by === 'composite') return spec.parts.flatMap(allParts)
  if (spec.by === 'all') return []
  if (spec.by === 'series') return [{ from: 'device' }, { from: 'metric' }]
  if (spec.by === 'attribute') return [{ from: 'attribute', attribute: spec.attribute }]
  if (spec.by === 'function') return [{ from: 'function', key: spec.key, ofDevice: spec.ofDevice }]
  return [{ from: spec.by }]
}
