/**
 * Entries to text and back, a chunk of them at a time. Most devices of a fleet differ in name and position only, so a
 * chunk of devices has a table of what they have in common; at loading each row of it is parsed once for the whole fleet,
 * and devices that have the same attributes share them.
 */
import type { Device } from '../../core/device.ts'
import { deviceIdOf } from '../../core/ids.ts'
import type { MetricRecord, TokenRecord } from './change.ts'

export interface Codec<T> {
  /** What an entry is found by. */
  keyOf(entry: T): string
  encode(entries: readonly T[]): string
  decode(text: string): T[]
}

type Common = Pick<Device, 'tier' | 'region' | 'tenant' | 'attributes'>

interface DeviceChunk {
  /** JSON texts of Common. */
  readonly common: readonly string[]
  /** name, index into `common`, lat, lon; name, … */
  readonly devices: readonly (string | number | null)[]
}

/** Rows remembered while loading; a fleet with more kinds of devices than this has them parsed more than once. */
const MAX_REMEMBERED = 65_536

export class DeviceCodec implements Codec<Device> {
  readonly #remembered = new Map<string, Common>()

  keyOf(device: Device): string {
    return device.name
  }

  encode(devices: readonly Device[]): string {
    const rows = new Map<string, number>()
    const flat: (string | number | null)[] = []
    for (const { name, lat, lon, tier, region, tenant, attributes } of devices) {
      const row = JSON.stringify({ tier, region, tenant, attributes })
      let index = rows.get(row)
      if (index === undefined) rows.set(row, (index = rows.size))
      flat.push(name, index, lat, lon)
    }
    return JSON.stringify({ common: [...rows.keys()], devices: flat } satisfies DeviceChunk)
  }

  decode(text: string): Device[] {
    const chunk = JSON.parse(text) as DeviceChunk
    const common = chunk.common.map((row) => this.#common(row))
    const flat = chunk.devices
    const devices: Device[] = []
    for (let i = 0; i < flat.length; i += 4) {
      const name = flat[i] as string
      const { tier, region, tenant, attributes } = common[flat[i + 1] as number]
      const [lat, lon] = [flat[i + 2] as number | null, flat[i + 3] as number | null]
      devices.push({ name, id: deviceIdOf(name), tier, region, tenant, lat, lon, attributes })
    }
    return devices
  }

  #common(row: string): Common {
    const known = this.#remembered.get(row)
    if (known !== undefined) return known
    const common = JSON.parse(row) as Common
    Object.freeze(common.attributes)
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(row, common)
    return common
  }

  /** Lets go of what was remembered while loading. */
  forget(): void {
    this.#remembered.clear()
  }
}

function plainCodec<T>(keyOf: (entry: T) => string): Codec<T> {
  return { keyOf, encode: (entries) => JSON.stringify(entries), decode: (text) => JSON.parse(text) as T[] }
}

export const metricCodec: Codec<MetricRecord> = plainCodec(({ name }) => name)
export const tokenCodec: Codec<TokenRecord> = plainCodec(({ sha256 }) => sha256)
