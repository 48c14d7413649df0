/** Device ids as numbers 0, 1, 2 … in the order of their first appearance: open addressing, nothing is allocated per look. */
const FIRST_SLOTS = 2048
const GOLDEN = 0x9e3779b1

export class DeviceNumbers {
  count = 0
  ids = new Float64Array(FIRST_SLOTS / 2)
  #slots = new Int32Array(FIRST_SLOTS).fill(-1)
  #told = 0

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

  isNumber(number: number, high: number, low: number): boolean {
    return number < this.count && this.ids[number] === high * 0x1_0000 + low
  }

  /** The ids since the last call, in the order of their numbers. */
  fresh(): Float64Array {
    const fresh = this.ids.slice(this.#told, this.count)
    this.#told = this.count
    return fresh
  }

  #add(slot: number, id: number): number {
    const number = this.count++
    this.ids[number] = id
    this.#slots[slot] = number
    if (this.count === this.ids.length) this.#widen()
    return number
  }

  #widen(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const ids = new Float64Array(slots.length / 2)
    ids.set(this.ids)
    const mask = slots.length - 1
    for (let number = 0; number < this.count; number++) {
      const id = ids[number]
      let slot = mix(Math.floor(id / 0x1_0000), id % 0x1_0000) & mask
      while (slots[slot] !== -1) slot = (slot + 1) & mask
      slots[slot] = number
    }
    this.#slots = slots
    this.ids = ids
  }
}

function mix(high: number, low: number): number {
  const hash = Math.imul(high ^ Math.imul(low, GOLDEN), GOLDEN)
  return hash ^ (hash >>> 15)
}
