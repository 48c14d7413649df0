import { TIERS, type Tier } from '../../core/tiers.ts'
import type { Lookup } from '../definition/outside.ts'
import { deviceText } from '../keys/key-encoder.ts'

const MAX_DEVICES = 65_536

/** Texts of the numbers in a block, kept so that asking again costs an index or a look into a map. */
export class ReadingNames {
  readonly #lookup: Lookup
  readonly #metrics: (string | undefined)[] = []
  readonly #regions: (string | undefined)[] = []
  readonly #devices = new Map<number, string>()

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  device(id: number): string {
    return this.#devices.get(id) ?? this.#addDevice(id)
  }

  metric(id: number): string {
    return this.#metrics[id] ?? this.#addMetric(id)
  }

  region(index: number): string {
    return (this.#regions[index] ??= interned(this.#lookup.regionName(index)))
  }

  tier(index: number): Tier {
    return TIERS[index]
  }

  #addDevice(id: number): string {
    const isNamed = this.#lookup.device(id) !== undefined
    const text = deviceText(id, this.#lookup)
    if (!isNamed) return text
    if (this.#devices.size >= MAX_DEVICES) this.#devices.clear()
    this.#devices.set(id, text)
    return text
  }

  #addMetric(id: number): string {
    const name = interned(this.#lookup.metricName(id))
    if (this.#lookup.metricId(name) === id) this.#metrics[id] = name
    return name
  }
}

/** V8 compares names of properties by address, so `r.metric === 'door'` is one comparison. */
const interned = (text: string): string => Object.keys({ [text]: 0 })[0]
