import type { PeersNode } from '../definition/definition.ts'
import type { WindowSpec } from '../definition/window-spec.ts'
import type { Comparison } from '../peers/peer-stages.ts'
import { type Aggregate, mean } from './aggregates.ts'
import type { StageOptions } from './draft.ts'
import type { Duration } from './duration.ts'
import { type AttributeKey, keySpec } from './keys.ts'
import { tumbling } from './windows.ts'

type GroupPart = 'tenant' | 'region' | 'tier' | AttributeKey

/** How devices are compared with those of their group. */
export interface PeersOptions<Item> extends StageOptions {
  /** Devices that have these in common (and the metric). Who lacks one is left aside. */
  readonly group: 'all' | GroupPart | readonly GroupPart[]
  /** `tumbling` or `sliding`; a duration is a tumbling one. */
  readonly over: Duration | WindowSpec
  /** What a device's readings in a window come to: a number. Default: their mean. */
  readonly value?: Aggregate<number, Item> | undefined
  /** Devices are told of that are so many deviations from the middle, or more. Default: 3. */
  readonly atLeast?: number
  /** Of which side of the middle. Default: both. */
  readonly side?: PeersNode['side']
  /** Smaller groups are not compared. Default: 5. */
  readonly minMembers?: number
  /** A group that is closer together than this counts as so far apart. Default: 0. */
  readonly minSpread?: number
  /** Of a group and window no more devices than this, the furthest first. Default: 100. */
  readonly most?: number
}

const DEFAULTS = { atLeast: 3, side: 'both', minMembers: 5, minSpread: 0, most: 100 } as const

export function comparisonOf<Item>({
  group,
  over,
  value,
  atLeast = DEFAULTS.atLeast,
  side = DEFAULTS.side,
  minMembers = DEFAULTS.minMembers,
  minSpread = DEFAULTS.minSpread,
  most = DEFAULTS.most,
}: PeersOptions<Item>): Comparison {
  const key = keySpec(group)
  return {
    window: typeof over === 'object' ? over : tumbling(over),
    value: (value ?? mean()).spec,
    group: key.by === 'composite' ? key.parts : [key],
    ...{ atLeast, side, minMembers, minSpread, most },
  }
}
