import type { KeySpec } from '../definition/key-spec.ts'
import type { Lookup } from '../definition/outside.ts'
import type { KeyEncoder } from './key-encoder.ts'
import { isOfDevice, partsOf } from './key-parts.ts'
import { PackedKey } from './packed-key.ts'
import { TextKey } from './text-key.ts'

/** The encoder of a key; two words where they suffice, text and its hash otherwise. */
export function openKey(spec: KeySpec, lookup: Pick<Lookup, 'device'>): KeyEncoder {
  const parts = partsOf(spec)
  return PackedKey.of(parts) ?? new TextKey(parts, isOfDevice(spec), lookup)
}
