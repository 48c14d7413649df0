import type { Lookup } from '../definition/outside.ts'
import { TIERS } from '../../core/tiers.ts'
import { deviceText, type KeyEncoder, type KeySource } from './key-encoder.ts'
import type { KeyPart } from './key-parts.ts'

/**
 * A key of numbers that fit into two words:
 *
 *   with a device     high = device >> 16, low = device << 16 | metric   or   device << 16 | region << 8 | tier
 *   without one       high = 0,            low = metric << 16 | region << 8 | tier
 *
 * What is not part of the key is 0.
 */
export class PackedKey implements KeyEncoder {
  readonly isPacked = true
  readonly isOfDevice: boolean
  readonly parts: readonly string[]
  low = 0
  high = 0
  readonly text = undefined
  readonly #has: ReadonlySet<string>
  /** The most frequent key, told without detours. */
  readonly #isDevice: boolean

  /** Undefined: the parts do not fit. */
  static of(parts: readonly KeyPart[]): PackedKey | undefined {
    const names = parts.map((part) => part.from)
    const has = (name: string): boolean => (names as readonly string[]).includes(name)
    if (names.some((name) => name === 'tenant' || name === 'attribute' || name === 'function'))
      return undefined
    if (has('device') && has('metric') && (has('region') || has('tier'))) return undefined
    return new PackedKey(names)
  }

  private constructor(names: readonly string[]) {
    this.#has = new Set(names)
    this.parts = names
    this.isOfDevice = this.#has.has('device')
    this.#isDevice = names.length === 1 && this.isOfDevice
  }

  encode(_item: unknown, { device, metric, region, tier }: KeySource): void {
    const has = this.#has
    const small =
      (has.has('region') ? region << 8 : 0) |
      (has.has('tier') ? tier : 0) |
      (has.has('metric') ? metric << this.#metricShift : 0)
    this.low = (small | (this.isOfDevice ? (device % 0x1_0000) << 16 : 0)) >>> 0
    this.high = this.isOfDevice ? Math.floor(device / 0x1_0000) : 0
  }

  /** The two words as expressions over columns `device`, `metric`, `region`, `tier` at `i`, for generated loops. */
  expressions(): { readonly low: string; readonly high: string } {
    const terms = [
      ...(this.isOfDevice ? ['((device[i] % 65536) << 16)'] : []),
      ...(this.#has.has('metric') ? [`(metric[i] << ${this.#metricShift})`] : []),
      ...(this.#has.has('region') ? ['(region[i] << 8)'] : []),
      ...(this.#has.has('tier') ? ['tier[i]'] : []),
    ]
    return {
      low: terms.length === 0 ? '0' : `(${terms.join(' | ')}) >>> 0`,
      high: this.isOfDevice ? 'Math.floor(device[i] / 65536)' : '0',
    }
  }

  source(low: number, high: number): KeySource {
    return {
      device: this.isOfDevice ? high * 0x1_0000 + (low >>> 16) : 0,
      metric: this.#has.has('metric') ? (low >>> this.#metricShift) & 0xffff : 0,
      region: this.#has.has('region') ? (low >>> 8) & 0xff : 0,
      tier: this.#has.has('tier') ? low & 0xff : 0,
    }
  }

  describe(low: number, high: number, _text: string | undefined, lookup: Lookup): Record<string, unknown> {
    const { device, metric, region, tier } = this.source(low, high)
    if (this.#isDevice) return { device: deviceText(device, lookup) }
    const texts: Record<string, () => string> = {
      device: () => deviceText(device, lookup),
      metric: () => lookup.metricName(metric),
      region: () => lookup.regionName(region),
      tier: () => TIERS[tier],
    }
    return Object.fromEntries(this.parts.map((part) => [part, texts[part]()]))
  }

  label(low: number, high: number, text: string | undefined, lookup: Lookup): string {
    if (this.#isDevice) return deviceText(this.source(low, high).device, lookup)
    return Object.values(this.describe(low, high, text, lookup)).join('/') || 'all'
  }

  get #metricShift(): number {
    return this.isOfDevice ? 0 : 16
  }
}
