import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'

const FIRST_SLOTS = 2048
const GOLDEN = 0x9e3779b1

/**
 * Device ids as numbers 0, 1, 2 … in the order of their first appearance: open addressing, nothing is allocated per look.
 * It lies where the scanning kernels look ids up (asm/scan-rows.ts has the same hash); new ones are added here.
 */
export class DeviceNumbers {
  count = 0
  ids: Float64Array
  /** By number: shard | region << 16 | tier << 24; for the kernels. */
  about: Int32Array
  readonly #desk: ScanDesk
  #slots: Int32Array
  #told = 0

  constructor(desk: ScanDesk) {
    this.#desk = desk
    this.#slots = desk.words(FIRST_SLOTS).fill(-1)
    this.ids = desk.doubles(FIRST_SLOTS / 2)
    this.about = desk.words(FIRST_SLOTS / 2)
    this.#tell()
  }

  /** The number of the device `high × 65,536 + low` (32 and 16 bits); a new one gets the next. */
  find(high: number, low: number): number {
    const id = high * 0x1_0000 + low
    const mask = this.#slots.length - 1
    for (let slot = mix(high, low) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]
      if (number === -1) return this.#add(slot, id)
      if (this.ids[number] === id) return number
    }
  }

  /** The ids since the last call, in the order of their numbers. */
  fresh(): Float64Array {
    const fresh = Float64Array.from(this.ids.subarray(this.#told, this.count))
    this.#told = this.count
    return fresh
  }

  #add(slot: number, id: number): number {
    const number = this.count++
    this.ids[number] = id
    this.#slots[slot] = number
    if (this.count === this.ids.length) this.#widen()
    this.#tell()
    return number
  }

  #widen(): void {
    const slots = this.#desk.words(this.#slots.length * 2).fill(-1)
    const ids = this.#desk.doubles(slots.length / 2)
    ids.set(this.ids)
    const about = this.#desk.words(ids.length)
    about.set(this.about)
    const mask = slots.length - 1
    for (let number = 0; number < this.count; number++) {
      const id = ids[number]
      let slot = mix(Math.floor(id / 0x1_0000), id % 0x1_0000) & mask
      while (slots[slot] !== -1) slot = (slot + 1) & mask
      slots[slot] = number
    }
    this.#slots = slots
    this.ids = ids
    this.about = about
  }

  #tell(): void {
    const { u32 } = this.#desk
    u32[S.DESK_IDS >>> 2] = this.ids.byteOffset
    u32[S.DESK_ID_SLOTS >>> 2] = this.#slots.byteOffset
    u32[S.DESK_ID_MASK >>> 2] = this.#slots.length - 1
    u32[S.DESK_ID_COUNT >>> 2] = this.count
    u32[S.DESK_ABOUT >>> 2] = this.about.byteOffset
  }
}

function mix(high: number, low: number): number {
  const hash = Math.imul(high ^ Math.imul(low, GOLDEN), GOLDEN)
  return hash ^ (hash >>> 15)
}
