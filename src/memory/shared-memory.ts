/**
 * Views of the one shared memory. An address is a byte position in it; `i32[address >>> 2]` reads the word there.
 * Every thread makes its own views of the same buffer.
 */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory
  readonly bytes: Uint8Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
}

export const PAGE_BYTES = 65_536
export const MAX_PAGES = 65_536

/** Reserves shared memory of at least `bytes`; pages are touched only when used. */
export function reserveMemory(bytes: number): WebAssembly.Memory {
  const initial = Math.ceil(bytes / PAGE_BYTES)
  return new WebAssembly.Memory({ initial, maximum: MAX_PAGES, shared: true })
}

export function viewMemory(memory: WebAssembly.Memory): SharedMemory {
  const { buffer } = memory
  return {
    memory,
    bytes: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  }
}
