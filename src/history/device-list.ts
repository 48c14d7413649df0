import { deviceIdOf } from '../core/ids.ts'
import type { DeviceRow } from '../pipelines/definition/outside.ts'
import type { Tier } from '../core/tiers.ts'

/** What is known of a device beforehand; as `POST /v1/devices` takes it. */
export interface KnownDevice {
  readonly name: string
  readonly tier?: Tier
  readonly region?: string
  readonly tenant?: string
  readonly lat?: number
  readonly lon?: number
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** Devices by id: those known beforehand, and the names of those that turn up. */
export class DeviceList {
  readonly #known = new Map<number, KnownDevice>()
  readonly #rows = new Map<number, DeviceRow>()

  constructor(known: readonly KnownDevice[]) {
    for (const device of known) this.add(device)
  }

  add(device: KnownDevice): void {
    const id = deviceIdOf(device.name)
    this.#known.set(id, device)
    this.name(id, device.name)
  }

  /** What was said beforehand of the device. */
  known(id: number): KnownDevice | undefined {
    return this.#known.get(id)
  }

  row(id: number): DeviceRow | undefined {
    return this.#rows.get(id)
  }

  name(id: number, name: string): void {
    const { tenant = '', attributes = {} } = this.#known.get(id) ?? {}
    this.#rows.set(id, { name, tenant, attributes })
  }
}
