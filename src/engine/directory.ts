import type { NameResolver } from '../core/names.ts'
import { deviceOf, metricOf } from '../core/ids.ts'
import type { Device } from '../core/device.ts'
import type { Tier } from '../core/tiers.ts'
import { DeviceRegistry } from '../devices/registry/device-registry.ts'
import { MetricsDictionary } from '../devices/registry/metrics-dictionary.ts'
import { RegionTable } from '../regions/region-table.ts'
import type { RegistryContent } from '../storage/registry/change.ts'
import type { Config } from './config/config.ts'
import type { Foundation } from './foundation.ts'
import { SharedTables } from './shared-tables.ts'

/** Who and what the engine knows by name: devices, metrics, regions; kept in step with what the router reads. */
export class Directory implements NameResolver {
  readonly registry: DeviceRegistry
  readonly dictionary: MetricsDictionary
  readonly regions: RegionTable
  readonly #tables: SharedTables
  #generation = 0

  /** `kept` = what was known before the engine's last end; the configuration has the last word. */
  constructor(config: Config, foundation: Foundation, kept?: Omit<RegistryContent, 'tokens'>) {
    const { admission, limits, tiers, rules, anomalies } = config
    this.regions = new RegionTable(config.regions)
    this.registry = new DeviceRegistry({
      rules: rules.map(({ match, ...properties }) => ({ match, properties })),
      defaults: { tier: tiers.default },
      admission,
      maxDevices: limits.devices,
      regions: config.regions.map(({ name }) => name),
    })
    this.dictionary = new MetricsDictionary({
      admission,
      maxMetrics: limits.metrics,
      defaultAnomaly: anomalies,
    })
    this.#tables = new SharedTables(foundation, this.regions)
    this.#share(this.#tables, config)
    this.registry.onChange(({ removed }) => void (this.#generation += removed ? 1 : 0))
    for (const metric of kept?.metrics ?? []) this.dictionary.adopt(metric)
    for (const device of kept?.devices ?? []) this.registry.adopt(device)
    for (const [name, properties] of Object.entries(config.metrics)) this.dictionary.define(name, properties)
    for (const { name, ...properties } of config.devices) this.registry.register(name, properties)
  }

  /** While there is a reason, devices and metrics can't be changed but by what comes from before the last end. */
  hold(reason: string): void {
    this.registry.hold(reason)
    this.dictionary.hold(reason)
  }

  get generation(): number {
    return this.#generation
  }

  deviceId(name: string): number {
    const device = this.registry.ensure(name)
    return typeof device === 'object' ? device.id : 0
  }

  metricId(name: string): number {
    const metric = this.dictionary.ensure(name)
    return typeof metric === 'object' ? metric.id : 0
  }

  /** Names of a series' device and metric, as alerts show them. */
  describe(series: bigint): { device: string; metric: string } {
    const low = Number(series & 0xffffffffn)
    const id = deviceOf(low, Number(series >> 32n))
    return { device: this.deviceName(id), metric: this.metricName(metricOf(low)) }
  }

  /** As `describe`, of the device alone. */
  deviceName(id: number): string {
    return this.registry.nameOf(id) ?? `#${id.toString(16)}`
  }

  /** Shows the router another tier of the device than the registry says; a change of the device shows that again. */
  showTier(device: Device, tier: Tier): void {
    this.#tables.device({ ...device, tier })
  }

  metricName(id: number): string {
    return this.dictionary.byId(id)?.name ?? `#${id}`
  }

  #share(tables: SharedTables, { admission, tiers }: Config): void {
    for (const { id, anomaly } of this.dictionary) tables.metric(id, anomaly)
    this.dictionary.onChange(({ id, anomaly }) => tables.metric(id, anomaly))
    // the router takes a device that it doesn't find for one with the default tier and nothing else to know
    const isPlain = ({ tier, region, lat }: Device): boolean =>
      tier === tiers.default && region === '' && lat === null
    this.registry.onChange(({ device, previous, removed }) => {
      if (removed) tables.removeDevice(device.id)
      else if (admission === 'known' || previous !== undefined || !isPlain(device)) tables.device(device)
    })
  }
}
