/**
 * Devices by name. One array of slots holds them; name and id lead to a slot. A device is an immutable value: a change
 * puts a new one in its slot and tells the listeners, who keep the shared device table and the router up to date.
 * Built for millions of devices: no closures per device, and those that differ in nothing share their attributes.
 */
import type { Device, DeviceProperties } from '../../core/device.ts'
import { MillraceError } from '../../core/errors.ts'
import { deviceIdOf } from '../../core/ids.ts'
import type { Tier } from '../../core/tiers.ts'
import {
  checkPosition,
  type CompleteProperties,
  NOTHING_KNOWN,
  overlay,
  propertiesCheck,
} from './device-properties.ts'
import { type DeviceRule, DeviceRules } from './device-rules.ts'
import { checkName, isName, MAX_DEVICE_NAME } from './names.ts'

/** `open` registers whoever sends; `known` takes only those registered before. */
export type Admission = 'open' | 'known'

/** Why a name that is not registered was not registered either. */
export type EnsureRefusal = 'limit-reached' | 'bad-request' | 'conflict' | 'not-ready'

export interface DeviceChange {
  readonly device: Device
  /** What it was before; not there for a new device. */
  readonly previous?: Device
  readonly removed?: boolean
}

export interface DeviceRegistryOptions {
  readonly rules: readonly DeviceRule[]
  readonly defaults: DeviceProperties & { readonly tier: Tier }
  readonly admission: Admission
  readonly maxDevices: number
  /** Names that `region` may have. */
  readonly regions: readonly string[]
}

export class DeviceRegistry {
  readonly #slots: (Device | undefined)[] = []
  readonly #freeSlots: number[] = []
  readonly #byName = new Map<string, number>()
  readonly #byId = new Map<number, number>()
  readonly #listeners = new Set<(change: DeviceChange) => void>()
  readonly #check: ReturnType<typeof propertiesCheck>
  readonly #rules: DeviceRules
  readonly #admission: Admission
  readonly #maxDevices: number
  #held = ''

  constructor({ rules, defaults, admission, maxDevices, regions }: DeviceRegistryOptions) {
    this.#check = propertiesCheck(regions)
    this.#admission = admission
    this.#maxDevices = maxDevices
    const checked = this.#check(defaults, 'defaults', 'bad-config')
    const base = overlay({ ...NOTHING_KNOWN, tier: defaults.tier }, checked)
    checkPosition(base, 'defaults', 'bad-config')
    const checkedRules = rules.map(({ match, properties }, index) => ({
      match,
      properties: this.#check(properties, `rules[${index}]`, 'bad-config'),
    }))
    this.#rules = new DeviceRules(checkedRules, base)
  }

  get size(): number {
    return this.#byName.size
  }

  /** From now on changes are refused, with not-ready and this reason; `adopt` and `forget` work. '' = no more. */
  hold(reason: string): void {
    this.#held = reason
  }

  /**
   * Creates the device or replaces what was said of it before: what `properties` leaves out comes from the rules and
   * the defaults again. Throws bad-request, conflict (another name has the same id), limit-reached, or not-ready while
   * the engine takes in again what it had accepted before its last end.
   */
  register(name: string, properties: DeviceProperties = {}): Device {
    checkName('device', name, MAX_DEVICE_NAME)
    const explicit = this.#check(properties, 'device', 'bad-request')
    this.#checkFree()
    const complete = overlay(this.#rules.propertiesFor(name), explicit)
    checkPosition(complete, 'device', 'bad-request')
    const slot = this.#byName.get(name)
    return slot === undefined ? this.#addOrThrow(name, complete) : this.#replace(slot, complete)
  }

  /**
   * The device that a reading names, registered now if it is new and admission is `open`. Undefined: not known, and
   * admission is `known`. A code: not known and can't be registered.
   */
  ensure(name: string): Device | EnsureRefusal | undefined {
    const slot = this.#byName.get(name)
    if (slot !== undefined) return this.#slots[slot]
    if (this.#admission === 'known') return undefined
    if (!isName(name, MAX_DEVICE_NAME)) return 'bad-request'
    if (this.#held !== '') return 'not-ready'
    if (this.size >= this.#maxDevices) return 'limit-reached'
    const id = deviceIdOf(name)
    return this.#byId.has(id) ? 'conflict' : this.#add(name, id, this.#rules.propertiesFor(name))
  }

  /** Takes a device over as it was before the engine's last end; others are told. */
  adopt(device: Device): void {
    const slot = this.#byName.get(device.name)
    if (slot !== undefined) this.#replace(slot, device)
    else if (!this.#byId.has(device.id)) this.#add(device.name, device.id, device)
  }

  get(name: string): Device | undefined {
    const slot = this.#byName.get(name)
    return slot === undefined ? undefined : this.#slots[slot]
  }

  getById(id: number): Device | undefined {
    const slot = this.#byId.get(id)
    return slot === undefined ? undefined : this.#slots[slot]
  }

  nameOf(id: number): string | undefined {
    return this.getById(id)?.name
  }

  /** Forgets the device and returns it as it was; undefined if there is none of that name. Throws not-ready. */
  delete(name: string): Device | undefined {
    this.#checkFree()
    return this.forget(name)
  }

  /** As `delete`, for what was so before the engine's last end. */
  forget(name: string): Device | undefined {
    const slot = this.#byName.get(name)
    const device = slot === undefined ? undefined : this.#slots[slot]
    if (slot === undefined || device === undefined) return undefined
    this.#slots[slot] = undefined
    this.#freeSlots.push(slot)
    this.#byName.delete(name)
    this.#byId.delete(device.id)
    this.#tell({ device, removed: true })
    return device
  }

  /** Up to `limit` devices in no particular order, and where the next page starts (null after the last one). */
  page(start: number, limit: number): { readonly devices: Device[]; readonly next: number | null } {
    const devices: Device[] = []
    let slot = start
    for (; slot < this.#slots.length && devices.length < limit; slot++) {
      const device = this.#slots[slot]
      if (device !== undefined) devices.push(device)
    }
    return { devices, next: slot < this.#slots.length ? slot : null }
  }

  *[Symbol.iterator](): IterableIterator<Device> {
    for (const device of this.#slots) if (device !== undefined) yield device
  }

  /** Calls `listener` after each change; returns what ends it. */
  onChange(listener: (change: DeviceChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #checkFree(): void {
    if (this.#held !== '') throw new MillraceError('not-ready', this.#held)
  }

  #addOrThrow(name: string, properties: CompleteProperties): Device {
    const id = deviceIdOf(name)
    const other = this.nameOf(id)
    if (other !== undefined) throw conflict(name, other, id)
    if (this.size >= this.#maxDevices) throw limitReached(name, this.#maxDevices)
    return this.#add(name, id, properties)
  }

  #add(name: string, id: number, properties: CompleteProperties): Device {
    const device = deviceOf(name, id, properties)
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    this.#slots[slot] = device
    this.#byName.set(name, slot)
    this.#byId.set(id, slot)
    this.#tell({ device })
    return device
  }

  #replace(slot: number, properties: CompleteProperties): Device {
    const previous = this.#slots[slot] as Device
    const device = deviceOf(previous.name, previous.id, properties)
    this.#slots[slot] = device
    this.#tell({ device, previous })
    return device
  }

  #tell(change: DeviceChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

/** The one place where devices are made, so that all have the same hidden class. */
const deviceOf = (
  name: string,
  id: number,
  { tier, region, tenant, lat, lon, attributes }: CompleteProperties,
): Device => ({
  name,
  id,
  tier,
  region,
  tenant,
  lat,
  lon,
  attributes,
})

const conflict = (name: string, other: string, id: number): MillraceError =>
  new MillraceError(
    'conflict',
    `devices ${JSON.stringify(name)} and ${JSON.stringify(other)} have the same id; rename one`,
    {
      name,
      other,
      id,
    },
  )

const limitReached = (name: string, limit: number): MillraceError =>
  new MillraceError(
    'limit-reached',
    `device ${JSON.stringify(name)} would be one more than limits.devices (${limit})`,
    {
      name,
      limit,
    },
  )
