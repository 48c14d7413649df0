import type { Kernels } from '../../kernels/kernels.ts'
import { openKernels } from '../../kernels/kernels.ts'
import { crc32c } from '../../kernels/reference/crc32c.ts'
import { CRC_TABLES_BYTES } from '../../memory/memory-plan.ts'
import { PAGE_BYTES } from '../../memory/shared-memory.ts'

/** CRC-32C of `bytes`, going on from `crc`; unsigned. */
export type Checksum = (bytes: Uint8Array, crc: number) => number

/** Where records are read to: room whose sums are quick to take. */
export interface ReadRoom {
  readonly checksum: Checksum
  /** Room of `length` bytes. Ends the use of what an earlier call returned, and keeps its content. */
  take(length: number): Uint8Array
}

/** The kernel takes the sum of what lies in its memory; what lies elsewhere (headers) is left to its twin. */
export function kernelChecksum(kernels: Kernels, memory: WebAssembly.Memory, table: number): Checksum {
  kernels.initCrc32c(table)
  return (bytes, crc) =>
    bytes.buffer === memory.buffer
      ? kernels.crc32c(table, bytes.byteOffset, bytes.length, crc) >>> 0
      : crc32c(bytes, crc)
}

/** Room in a small memory of its own, for readers outside an engine. */
export function kernelRoom(module: WebAssembly.Module): ReadRoom {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
  const table = 1024
  const start = table + CRC_TABLES_BYTES
  const checksum = kernelChecksum(openKernels(module, memory), memory, table)
  return {
    // a shared memory that has grown has a new buffer, so both are looked up at each call
    checksum,
    take(length) {
      const missing = start + length - memory.buffer.byteLength
      if (missing > 0) (memory as unknown as Growing).grow(Math.ceil(missing / PAGE_BYTES))
      return new Uint8Array(memory.buffer, start, length)
    },
  }
}

/** Without the kernels: about half as quick. */
export function plainRoom(): ReadRoom {
  let room = new Uint8Array(0)
  return {
    checksum: crc32c,
    take(length) {
      if (length <= room.length) return room.subarray(0, length)
      const larger = new Uint8Array(length)
      larger.set(room)
      room = larger
      return room
    },
  }
}

/** Not in Node's types. */
interface Growing {
  grow(pages: number): number
}
