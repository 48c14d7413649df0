/*
 * A reading on its way from the thread that has read it to the thread that has its shard, 40 bytes:
 *
 *    0  f64 device
 *    8  f64 time
 *   16  f64 value
 *   24  i32 lat     1e-7 degree; POSITION_ABSENT = not given
 *   28  i32 lon
 *   32  u32 tags    metric (16 bits, the reading thread's number) | region (8) | tier (2) | shard (6)
 */
export const RECORD_WORDS = 5
const RECORD_BYTES = 8 * RECORD_WORDS
export const POSITION_ABSENT = -2147483648
export const UNITS_PER_DEGREE = 1e7
const FIRST_RECORDS = 4096

/** Records of one share, in the order of the input; grows as needed. */
export class RecordWriter {
  count = 0
  #f64 = new Float64Array(0)
  #i32 = new Int32Array(0)

  /** The device is `ids[device]`; value and time are the first two of `row`. */
  put(ids: Float64Array, device: number, row: Float64Array, lat: number, lon: number, tags: number): void {
    if ((this.count + 1) * RECORD_WORDS > this.#f64.length) this.#grow()
    const at = this.count++ * RECORD_WORDS
    this.#f64[at] = ids[device]
    this.#f64[at + 1] = row[1]
    this.#f64[at + 2] = row[0]
    this.#i32[2 * at + 6] = lat
    this.#i32[2 * at + 7] = lon
    this.#i32[2 * at + 8] = tags
  }

  /** Whether it has no memory. */
  get isBare(): boolean {
    return this.#f64.length === 0
  }

  /** Gives the records away. */
  take(): ArrayBuffer {
    const { buffer } = this.#f64
    this.#use(new ArrayBuffer(0))
    return buffer
  }

  /** Memory to use again instead of new one. */
  reuse(buffer: ArrayBuffer): void {
    if (this.isBare) this.#use(buffer)
  }

  #use(buffer: ArrayBuffer): void {
    this.#f64 = new Float64Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.count = 0
  }

  #grow(): void {
    const { count } = this
    const former = this.#f64
    this.#use(new ArrayBuffer(Math.max(FIRST_RECORDS * RECORD_BYTES, former.byteLength * 2)))
    this.#f64.set(former)
    this.count = count
  }
}
