import { MillraceError } from '../../core/errors.ts'
import { type Kernels, openKernels } from '../../kernels/kernels.ts'
import * as S from './scan.layout.ts'

const PAGE_BYTES = 65_536
const FIRST_PAGES = 96
/** 2 GiB; address space until it is used. */
const MAX_PAGES = 32_768
const ALIGNMENT = 64
/** What a line has said so far: a record of the kernels. */
const SAID_BYTES = 16

/**
 * The memory in which the scanning kernels work, one for each reading thread: their desk (scan.layout.ts), and behind it
 * whatever is reserved. It only grows: what grows moves to a place twice as large.
 */
export class ScanDesk {
  readonly kernels: Kernels
  readonly address = ALIGNMENT
  readonly said: number
  readonly i32: Int32Array<SharedArrayBuffer>
  readonly u32: Uint32Array<SharedArrayBuffer>
  readonly f64: Float64Array<SharedArrayBuffer>
  readonly i8: Int8Array<SharedArrayBuffer>
  readonly #memory: WebAssembly.Memory
  #free = ALIGNMENT

  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES, shared: true })
    this.kernels = openKernels(module, this.#memory)
    const desk = this.reserve(S.DESK_BYTES)
    this.said = this.reserve(SAID_BYTES)
    this.i8 = new Int8Array(this.buffer, desk, S.DESK_BYTES)
    this.i32 = new Int32Array(this.buffer, desk, S.DESK_BYTES / 4)
    this.u32 = new Uint32Array(this.buffer, desk, S.DESK_BYTES / 4)
    this.f64 = new Float64Array(this.buffer, desk, S.DESK_BYTES / 8)
    for (let power = 1; power <= 22; power++) this.f64[S.DESK_POWERS / 8 + power] = 10 ** power
    for (const fixed of [S.DESK_FIXED_DEVICE, S.DESK_FIXED_METRIC]) this.i32[fixed >>> 2] = S.NONE
  }

  /** Views of it remain right when the memory grows, but don't reach what is new. */
  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer
  }

  /** The address of so many bytes, all 0. */
  reserve(bytes: number): number {
    const address = this.#free
    this.#free += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    const missing = this.#free - this.buffer.byteLength
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE_BYTES))
    return address
  }

  bytes(length: number): Uint8Array<SharedArrayBuffer> {
    const address = this.reserve(length)
    return new Uint8Array(this.buffer, address, length)
  }

  halves(length: number): Uint16Array<SharedArrayBuffer> {
    const address = this.reserve(2 * length)
    return new Uint16Array(this.buffer, address, length)
  }

  words(length: number): Int32Array<SharedArrayBuffer> {
    const address = this.reserve(4 * length)
    return new Int32Array(this.buffer, address, length)
  }

  doubles(length: number): Float64Array<SharedArrayBuffer> {
    const address = this.reserve(8 * length)
    return new Float64Array(this.buffer, address, length)
  }

  #grow(pages: number): void {
    try {
      this.#memory.grow(pages)
    } catch (error) {
      const limit = MAX_PAGES * PAGE_BYTES
      throw new MillraceError(
        'out-of-memory',
        `names, blocks and lines that one thread reads need more than the ${limit} bytes there are, or than the machine has`,
        {},
        error,
      )
    }
  }
}
