import type { Compute } from './functions.ts'

/**
 * What items are grouped by. A key that says which device it is about (device, series, or a composite with one of them)
 * stays within a shard; any other is combined over shards, in two levels.
 */
export type KeySpec =
  | { readonly by: 'device' | 'series' | 'region' | 'tier' | 'metric' | 'tenant' }
  | { readonly by: 'attribute'; readonly attribute: string }
  /** A string or a finite number; `ofDevice`: the author says that it belongs to the item's device alone. */
  | { readonly by: 'function'; readonly key: Compute; readonly ofDevice: boolean }
  | { readonly by: 'composite'; readonly parts: readonly KeySpec[] }
  /** One group of all. */
  | { readonly by: 'all' }
