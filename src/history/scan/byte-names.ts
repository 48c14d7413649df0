/**
 * Names where they lie in a file, as numbers 0, 1, 2 … in the order of their first appearance, without a string for each
 * reading: open addressing over a cheap hash of the bytes, and a comparison with the bytes that were kept.
 */
const FIRST_SLOTS = 1024
const FIRST_BYTES = 1 << 14
/** FNV-1a, 32 bits. */
const OFFSET = 0x811c9dc5 | 0
const PRIME = 0x01000193

export class ByteNames {
  count = 0
  #slots = new Int32Array(FIRST_SLOTS).fill(-1)
  #hashes = new Int32Array(FIRST_SLOTS)
  #starts = new Uint32Array(FIRST_SLOTS + 1)
  #bytes = new Uint8Array(FIRST_BYTES)

  /** The number of the name at `from` … `to`; a new name gets the next one. */
  find(bytes: Uint8Array, from: number, to: number): number {
    let hash = OFFSET
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], PRIME)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const name = this.#slots[slot]
      if (name === -1) return this.#add(slot, hash, bytes, from, to)
      if (this.#hashes[name] === hash && this.#isSame(name, bytes, from, to)) return name
      slot = (slot + 1) & mask
    }
  }

  #isSame(name: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[name]
    if (this.#starts[name + 1] - start !== to - from) return false
    for (let i = from, own = start; i < to; i++, own++) if (bytes[i] !== this.#bytes[own]) return false
    return true
  }

  #add(slot: number, hash: number, bytes: Uint8Array, from: number, to: number): number {
    const name = this.count++
    const start = this.#starts[name]
    const end = start + to - from
    if (end > this.#bytes.length) this.#bytes = wider(this.#bytes, Math.max(end, 2 * this.#bytes.length))
    this.#bytes.set(bytes.subarray(from, to), start)
    this.#starts[name + 1] = end
    this.#hashes[name] = hash
    this.#slots[slot] = name
    if (this.count * 2 > this.#slots.length) this.#widen()
    return name
  }

  #widen(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let name = 0; name < this.count; name++) {
      const hash = this.#hashes[name]
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== -1) slot = (slot + 1) & mask
      slots[slot] = name
    }
    this.#slots = slots
    this.#hashes = wider(this.#hashes, slots.length)
    this.#starts = wider(this.#starts, slots.length + 1)
  }
}

function wider<A extends Uint8Array | Int32Array | Uint32Array>(array: A, length: number): A {
  const copy = new (array.constructor as new (length: number) => A)(length)
  copy.set(array)
  return copy
}
