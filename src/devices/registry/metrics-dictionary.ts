/**
 * The fleet's dictionary of metrics: name to number, unit, and how anomalies are told. Numbers are given in order,
 * from 2 (1 is `value`, always there), and never taken back, because series keys contain them.
 */
import { z } from 'zod'
import type { AnomalyRule, Metric } from '../../core/device.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Admission } from './device-registry.ts'
import { explain, keysAllowed } from '../../core/explain.ts'
import { checkName, isName, MAX_METRIC_NAME } from './names.ts'

export interface MetricEntry extends Metric {
  readonly anomaly: AnomalyRule
}

/** What may be said of a metric; what is left out has no unit and the default anomaly rule. */
export type MetricProperties = Partial<AnomalyRule> & { readonly unit?: string }

export type MetricRefusal = 'limit-reached' | 'bad-request' | 'not-ready'

export interface MetricsDictionaryOptions {
  readonly admission: Admission
  /** How many metrics there may be, `value` included; at most 65,535. */
  readonly maxMetrics: number
  readonly defaultAnomaly: AnomalyRule
}

const MAX_METRICS = 0xffff
const MAX_UNIT = 32
const DIRECTIONS = ['both', 'high', 'low'] as const

const positive = 'a number greater than 0'
const shape = {
  unit: z.string({ error: 'text' }).max(MAX_UNIT, { error: `at most ${MAX_UNIT} characters` }),
  threshold: z.number({ error: positive }).positive({ error: positive }),
  direction: z.enum(DIRECTIONS, { error: DIRECTIONS.join(', ') }),
  minDeviation: z.number({ error: 'a number of at least 0' }).min(0, { error: 'a number of at least 0' }),
}
const schema = z.strictObject(shape, { error: keysAllowed(shape) }).partial()

export class MetricsDictionary {
  readonly #byName = new Map<string, MetricEntry>()
  /** By id; 0 is no metric. */
  readonly #byId: (MetricEntry | undefined)[] = [undefined]
  readonly #listeners = new Set<(entry: MetricEntry) => void>()
  readonly #options: MetricsDictionaryOptions
  #held = ''

  constructor(options: MetricsDictionaryOptions) {
    if (!(options.maxMetrics >= 1 && options.maxMetrics <= MAX_METRICS)) {
      const message = `limits.metrics: ${options.maxMetrics} is not allowed; allowed: 1 to ${MAX_METRICS}`
      throw new MillraceError('bad-config', message, { path: 'limits.metrics', value: options.maxMetrics })
    }
    this.#options = options
    this.#put('value', {})
  }

  get size(): number {
    return this.#byName.size
  }

  /** From now on changes are refused, with not-ready and this reason; `adopt` works. '' = no more. */
  hold(reason: string): void {
    this.#held = reason
  }

  /**
   * The metric that a reading names, added now if it is new and admission is `open`. Undefined: not known, and
   * admission is `known`. A code: not known and can't be added.
   */
  ensure(name: string): MetricEntry | MetricRefusal | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined || this.#options.admission === 'known') return known
    if (!isName(name, MAX_METRIC_NAME)) return 'bad-request'
    if (this.#held !== '') return 'not-ready'
    return this.#isFull() ? 'limit-reached' : this.#put(name, {})
  }

  /** Adds the metric or replaces what was said of it before; its number stays. Throws bad-request, limit-reached or not-ready. */
  define(name: string, properties: MetricProperties = {}): MetricEntry {
    checkName('metric', name, MAX_METRIC_NAME)
    const result = schema.safeParse(properties, { reportInput: true })
    if (!result.success) throw new MillraceError('bad-request', explain(result.error, 'metric'), { name })
    if (this.#held !== '') throw new MillraceError('not-ready', this.#held)
    if (!this.#byName.has(name) && this.#isFull()) {
      const message = `metric ${JSON.stringify(name)} would be one more than limits.metrics (${this.#options.maxMetrics})`
      throw new MillraceError('limit-reached', message, { name })
    }
    return this.#put(name, result.data as MetricProperties)
  }

  /** Takes a metric over as it was before the engine's last end, with its number; others are told. */
  adopt(entry: MetricEntry): void {
    this.#byName.set(entry.name, entry)
    this.#byId[entry.id] = entry
    for (const listener of this.#listeners) listener(entry)
  }

  get(name: string): MetricEntry | undefined {
    return this.#byName.get(name)
  }

  byId(id: number): MetricEntry | undefined {
    return this.#byId[id]
  }

  [Symbol.iterator](): IterableIterator<MetricEntry> {
    return this.#byName.values()
  }

  /** The document of `GET /v1/metrics-dictionary`. */
  toJSON(): Record<string, Pick<MetricEntry, 'id' | 'unit'> & AnomalyRule> {
    return Object.fromEntries(
      [...this.#byName.values()].map(({ name, id, unit, anomaly }) => [name, { id, unit, ...anomaly }]),
    )
  }

  /** Calls `listener` after each addition or change; returns what ends it. */
  onChange(listener: (entry: MetricEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #isFull(): boolean {
    return this.#byName.size >= this.#options.maxMetrics
  }

  #put(name: string, { unit, threshold, direction, minDeviation }: MetricProperties): MetricEntry {
    const usual = this.#options.defaultAnomaly
    const entry: MetricEntry = {
      name,
      id: this.#byName.get(name)?.id ?? this.#byId.length,
      unit: unit ?? '',
      anomaly: {
        threshold: threshold ?? usual.threshold,
        direction: direction ?? usual.direction,
        minDeviation: minDeviation ?? usual.minDeviation,
      },
    }
    this.#byName.set(name, entry)
    this.#byId[entry.id] = entry
    for (const listener of this.#listeners) listener(entry)
    return entry
  }
}
