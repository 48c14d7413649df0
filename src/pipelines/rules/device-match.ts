import picomatch from 'picomatch'
import { TIERS, type Tier } from '../../core/tiers.ts'
import type { DeviceRow, Lookup } from '../definition/outside.ts'
import type { DeviceFilter } from '../definition/rule-spec.ts'

/** Whether a rule is about a device, whose region and tier are those of the reading. */
export class DeviceMatch {
  /** It asks for something that only the registry knows. */
  readonly #asksRegistry: boolean
  readonly #filter: DeviceFilter
  readonly #isName: (name: string) => boolean
  readonly #lookup: Lookup
  /** A device that has changed has another row. */
  readonly #known = new WeakMap<DeviceRow, boolean>()

  constructor(filter: DeviceFilter, lookup: Lookup) {
    const { names, tenants, attributes } = filter
    this.#filter = filter
    this.#lookup = lookup
    this.#asksRegistry = names.length + tenants.length + Object.keys(attributes).length > 0
    this.#isName = names.length === 0 ? () => true : picomatch([...names], { dot: true, windows: false })
  }

  matches(device: number, region: number, tier: number): boolean {
    const { regions } = this.#filter
    return this.isOf(device, regions.length === 0 ? '' : this.#lookup.regionName(region), TIERS[tier])
  }

  /** The same with names. */
  isOf(device: number, region: string, tier: Tier): boolean {
    const { regions, tiers } = this.#filter
    if (tiers.length > 0 && !tiers.includes(tier)) return false
    if (regions.length > 0 && !regions.includes(region)) return false
    if (!this.#asksRegistry) return true
    const row = this.#lookup.device(device)
    return row !== undefined && this.#matchesRow(row)
  }

  #matchesRow(row: DeviceRow): boolean {
    let known = this.#known.get(row)
    if (known === undefined) {
      const { tenants, attributes } = this.#filter
      known =
        this.#isName(row.name) &&
        (tenants.length === 0 || tenants.includes(row.tenant)) &&
        Object.entries(attributes).every(([name, value]) => row.attributes[name] === value)
      this.#known.set(row, known)
    }
    return known
  }
}
