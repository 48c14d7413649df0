/*
 * What pipelines ask of the world around them, and what they say to it. Implemented by the engine's workers, by the runner
 * over history and by the testing kit.
 */

/** Names for numbers, and what the registry knows; answers at once. */
export interface Lookup {
  metricName(id: number): string
  /** Undefined: nobody has named it yet, so no reading has it. */
  metricId(name: string): number | undefined
  regionName(index: number): string
  /** Undefined: the registry doesn't know the device. */
  device(id: number): DeviceRow | undefined
}

export interface DeviceRow {
  readonly name: string
  readonly tenant: string
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** Where an item comes from; goes along with it through all stages. */
export interface Origin {
  /** Event time; of a window's result its end. */
  readonly time: number
  /** Device id, or 0 when it is about none in particular. */
  readonly device: number
  /** Metric id, or 0. */
  readonly metric: number
  /** Region index. */
  readonly region: number
  /** Tier index. */
  readonly tier: number
  /** The same when the same readings lead to the same item again. */
  readonly id: string
  /** Behind a window: the group it is of. */
  readonly group?: Group
}

/** A group as its words, its text where these don't tell it, and what an alert calls it. */
export interface Group {
  readonly low: number
  readonly high: number
  readonly text: string | undefined
  readonly label: string
}

/** What leaves a pipeline. Calls return at once; what was said is on its way after `flush`, which may wait for room. */
export interface Outlet {
  /** Comes before state is kept, so that nothing is unsaid that will not be said again. */
  flush(): void
  /** To a sink, an asynchronous stage or the topic of an `emit`, by the id of its node. */
  item(node: string, item: unknown, origin: Origin): void
  alert(alert: PipelineAlert): void
  /** A reading for the series (device name or id, metric). */
  reading(reading: DerivedReading): void
  deadLetter(letter: PipelineDeadLetter): void
}

export interface PipelineAlert {
  readonly node: string
  readonly rule: string
  /** What the alert is about: the group's key as text (for a series: `device/metric`). */
  readonly key: string
  readonly clear: boolean
  /** It waits for the time that its condition must hold, or (with `clear`) doesn't any more. */
  readonly pending?: true
  readonly labels?: Readonly<Record<string, string>>
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly message: string
  readonly value: number
  readonly origin: Origin
}

export interface DerivedReading {
  readonly node: string
  readonly device: string | number
  readonly metric: string
  readonly time: number
  readonly value: number
  readonly id: string
}

export interface PipelineDeadLetter {
  readonly node: string
  readonly cause: string
  readonly item: unknown
  readonly origin: Origin
}
