import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileKernels, openKernels } from '../../src/kernels/kernels.ts'
import { crc32c } from '../../src/kernels/reference/crc32c.ts'

const TABLES = 1024
const AT = 65_536
const memory = new WebAssembly.Memory({ initial: 4, maximum: 65_536, shared: true })
const kernels = openKernels(await compileKernels(), memory)
kernels.initCrc32c(TABLES)

function byKernel(bytes: Uint8Array, crc = 0, shift = 0): number {
  new Uint8Array(memory.buffer).set(bytes, AT + shift)
  return kernels.crc32c(TABLES, AT + shift, bytes.length, crc) >>> 0
}

const rising = Uint8Array.from({ length: 32 }, (_, index) => index)
const VECTORS: readonly (readonly [string, Uint8Array, number])[] = [
  ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['32 rising bytes', rising, 0x46dd794e],
  ['32 falling bytes', rising.slice().reverse(), 0x113fdb5c],
  ['the digits 1 to 9', new TextEncoder().encode('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(0), 0],
]

describe('crc32c', () => {
  it.each(VECTORS)('has the sums of RFC 3720, appendix B.4: %s', (_, bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum)
    expect(byKernel(bytes)).toBe(sum)
  })

  it('is the same in the kernel and in its twin, at every alignment, going on from any sum', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 12_000, size: 'max' }),
        fc.nat(0xffffffff),
        fc.nat(15),
        (bytes, crc, shift) => {
          expect(byKernel(bytes, crc, shift)).toBe(crc32c(bytes, crc))
        },
      ),
    )
  })

  it('of a whole is that of its parts, one after the other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12_000, size: 'max' }), fc.nat(12_000), (bytes, cut) => {
        const [head, tail] = [bytes.subarray(0, cut), bytes.subarray(cut)]
        expect(byKernel(tail, byKernel(head))).toBe(crc32c(bytes))
        expect(crc32c(tail, crc32c(head))).toBe(crc32c(bytes))
      }),
    )
  })
})
