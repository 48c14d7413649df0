import type { Lookup, Origin } from '../definition/outside.ts'

/** What a key is taken from besides the item itself; every Origin has it. */
export type KeySource = Pick<Origin, 'device' | 'metric' | 'region' | 'tier'>

/**
 * A group as two 32-bit words. Where these tell all (`isPacked`) there is no text; otherwise they are a hash, and the text
 * (JSON of the key's parts) says which group it is: it is to be kept with the group and compared when the words are equal.
 */
export interface KeyEncoder {
  readonly isPacked: boolean
  /** The group belongs to one device, so to one shard; otherwise groups are combined over shards. */
  readonly isOfDevice: boolean
  /** Names of the parts, as they are in a window's result. */
  readonly parts: readonly string[]
  /** Words and text of the key last encoded. */
  readonly low: number
  readonly high: number
  readonly text: string | undefined
  /** Throws what the author's function throws, or `pipeline-failed` when it gives no key. */
  encode(item: unknown, source: KeySource): void
  /** The parts by name. */
  describe(low: number, high: number, text: string | undefined, lookup: Lookup): Record<string, unknown>
  /** What an alert calls the group: `freezer-1`, of a series `freezer-1/temperature`, of all `all`. */
  label(low: number, high: number, text: string | undefined, lookup: Lookup): string
  /** The source that an item about this group has: what the key doesn't say is 0. */
  source(low: number, high: number, text: string | undefined): KeySource
}

/** A device's name, or its number as text where nobody has named it. */
export const deviceText = (id: number, lookup: Pick<Lookup, 'device'>): string =>
  lookup.device(id)?.name ?? String(id)
