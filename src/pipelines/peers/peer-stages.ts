import type { AggregateSpec } from '../definition/aggregate-spec.ts'
import type { PeersNode, WindowNode } from '../definition/definition.ts'
import type { KeySpec } from '../definition/key-spec.ts'
import type { WindowSpec } from '../definition/window-spec.ts'

/** What devices are compared by, and which of them are told of. */
export interface Comparison extends Omit<PeersNode, 'kind' | 'id' | 'inputs' | 'policy' | 'sizeMs'> {
  /** Tumbling or sliding. */
  readonly window: WindowSpec
  /** What a device's readings of a metric in a window come to. */
  readonly value: AggregateSpec
  readonly group: readonly KeySpec[]
}

type Bare<Node extends WindowNode | PeersNode> = Omit<Node, 'kind' | 'id' | 'inputs' | 'policy'>

export const MEMBERS = 'members'
const VALUE = 'value'
/** Regions and tiers are of readings: a window by series doesn't know them unless it is told. */
const OF_READINGS = ['region', 'tier'] as const

/**
 * The three stages that a comparison with peers is: a window by series, in the devices' shards; the devices of a group with
 * their numbers, put together from all shards; and those that are far from the group's middle. The second window is one
 * millisecond later than the first: so it takes in exactly what the first one gives at its end.
 */
export function peerStages({ window, value, group, ...told }: Comparison): {
  readonly devices: Bare<WindowNode>
  readonly groups: Bare<WindowNode>
  readonly peers: Bare<PeersNode>
} {
  const { stepMs, offsetMs } = stepsOf(window)
  const ofReadings = OF_READINGS.filter((name) => group.some(({ by }) => by === name))
  const places = ofReadings.map((name) => [name, { type: 'last', input: name, metric: undefined }] as const)
  const times = { allowedLatenessMs: 0, earlyEveryMs: 0 }
  return {
    devices: {
      ...{ window, key: { by: 'series' }, ...times },
      aggregates: { [VALUE]: value, ...Object.fromEntries(places) },
    },
    groups: {
      window: { type: 'tumbling', sizeMs: stepMs, offsetMs: offsetMs + 1 },
      key: { by: 'composite', parts: [{ by: 'metric' }, ...keysOf(group, ofReadings)] },
      ...times,
      aggregates: {
        [MEMBERS]: {
          type: 'members',
          x: { input: VALUE, metric: undefined },
          y: { input: 'device', metric: undefined },
        },
      },
    },
    peers: { ...told, sizeMs: sizeOf(window) },
  }
}

/** What is wrong with a window shows in the first of the stages. */
const stepsOf = (window: WindowSpec): { readonly stepMs: number; readonly offsetMs: number } =>
  window.type === 'tumbling'
    ? { stepMs: window.sizeMs, offsetMs: window.offsetMs }
    : window.type === 'sliding'
      ? { stepMs: window.everyMs, offsetMs: window.offsetMs }
      : { stepMs: 0, offsetMs: 0 }

const sizeOf = (window: WindowSpec): number =>
  window.type === 'tumbling' || window.type === 'sliding' ? window.sizeMs : 0

type Place = Readonly<Record<(typeof OF_READINGS)[number], string>>

/** A key has one function at most. */
function keysOf(group: readonly KeySpec[], ofReadings: readonly (keyof Place)[]): readonly KeySpec[] {
  const others = group.filter(({ by }) => by !== 'region' && by !== 'tier' && by !== 'all')
  if (ofReadings.length === 0) return others
  const key = (device: Place): string => ofReadings.map((name) => device[name]).join('/')
  return [...others, { by: 'function', key, ofDevice: false }]
}
