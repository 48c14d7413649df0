/** A rule without code, complete: what a rules file becomes (docs/rules.md). Plain data, so that it goes to workers as it is. */
export interface RuleSpec {
  /** Unique among the rules of an engine: alerts bear it. */
  readonly name: string
  /** Readings of which metrics it looks at; none = of all. */
  readonly metrics: readonly string[]
  readonly devices: DeviceFilter
  readonly condition: RuleCondition
  /** The condition must hold this long (event time) before the alert fires. */
  readonly forMs: number
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  /** With `{device}`, `{metric}`, `{key}`, `{value}`, `{region}`, `{tier}` and `{rule}`; undefined = what the condition says. */
  readonly message: string | undefined
  readonly labels: Readonly<Record<string, string>>
  /** While it waits for `forMs` its alert is there as pending. */
  readonly showsPending: boolean
  /** No alert of its own: it is there for composite rules. */
  readonly silent: boolean
}

/** All that is given must be so; empty lists ask for nothing. */
export interface DeviceFilter {
  /** Globs over names. */
  readonly names: readonly string[]
  readonly tiers: readonly string[]
  readonly regions: readonly string[]
  readonly tenants: readonly string[]
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** Outside of a band. It is over when the number is back inside by the hysteresis. */
export interface Band {
  readonly above: number | undefined
  readonly below: number | undefined
  readonly hysteresis: number
}

export type RuleCondition =
  | ({ readonly kind: 'threshold' } & Band)
  /** The score: standard deviations from the series' running mean. */
  | ({ readonly kind: 'baseline' } & Band)
  /** Deviations from the middle of the group that the device is of: see `PeersNode`. */
  | ({
      readonly kind: 'peers'
      readonly group: readonly PeerGroupPart[]
      /** What is compared is what the readings of so long come to, so often. */
      readonly sizeMs: number
      readonly everyMs: number
      readonly value: 'mean' | 'median' | 'min' | 'max' | 'last'
      readonly minMembers: number
      readonly minSpread: number
    } & Band)
  /** Change per `perMs`, measured between readings at least `overMs` apart. */
  | ({ readonly kind: 'rate'; readonly perMs: number; readonly overMs: number } & Band)
  /** No reading for so long. */
  | { readonly kind: 'missing'; readonly afterMs: number }
  /** The value stays within ± `within` of where it was for so long. */
  | { readonly kind: 'flat'; readonly afterMs: number; readonly within: number }
  | { readonly kind: 'geofence'; readonly when: 'inside' | 'outside'; readonly area: Area }
  /** Of the same device: all of `all`, at least one of `any` (where there are some), none of `none` fire. */
  | {
      readonly kind: 'composite'
      readonly all: readonly string[]
      readonly any: readonly string[]
      readonly none: readonly string[]
    }

/** What devices of a group have in common, besides the metric. */
export type PeerGroupPart = 'all' | 'tenant' | 'region' | 'tier' | `attribute:${string}`

/** GeoJSON (RFC 7946) coordinates of a MultiPolygon: polygons of rings of [longitude, latitude]; the first ring is the outer one. */
export type Area = readonly Polygon[]
export type Polygon = readonly Ring[]
export type Ring = readonly (readonly [longitude: number, latitude: number])[]
