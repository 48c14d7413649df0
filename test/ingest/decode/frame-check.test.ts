import { Builder } from 'flatbuffers'
import { describe, expect, it } from 'vitest'
import { Frame } from '../../../src/core/generated/frame.ts'
import { FrameCheck } from '../../../src/ingest/decode/frame-check.ts'
import { frame, someReadings } from '../frames.ts'

const ADDRESS = 64
const bytes = new Uint8Array(1 << 16)
const check = new FrameCheck(bytes, new Int32Array(bytes.buffer))

function verify(message: Uint8Array): string {
  bytes.fill(0xee)
  bytes.set(message, ADDRESS)
  return check.check(ADDRESS, message.length)
}

/** A frame of two readings, seq 9, changed by `change`; words are at: table, vector. */
function changed(change: (view: DataView, table: number, vector: number) => void): Uint8Array {
  const message = frame(9, someReadings(2))
  const view = new DataView(message.buffer)
  const table = view.getUint32(0, true)
  const vtable = table - view.getInt32(table, true)
  const field = table + view.getUint16(vtable + 6, true)
  change(view, table, field + view.getUint32(field, true))
  return message
}

const vtableOf = (view: DataView, table: number): number => table - view.getInt32(table, true)
const fieldOf = (view: DataView, table: number): number =>
  table + view.getUint16(vtableOf(view, table) + 6, true)

describe('FrameCheck', () => {
  it('finds seq and readings of a valid frame', () => {
    for (const count of [0, 1, 7, 1000]) {
      const message = frame(0xffff_fff0, someReadings(count))
      expect(verify(message)).toBe('')
      expect(check.seq).toBe(0xffff_fff0)
      expect(check.readingCount).toBe(count)
      if (count > 0) expect(message.length - check.readingOffset).toBeGreaterThanOrEqual(count * 32)
      expect(check.readingOffset % 8).toBe(0)
    }
  })

  it('takes missing fields as their defaults', () => {
    const builder = new Builder(64)
    Frame.startFrame(builder)
    Frame.finishFrameBuffer(builder, Frame.endFrame(builder))
    expect(verify(builder.asUint8Array())).toBe('')
    expect([check.seq, check.readingCount, check.readingOffset]).toEqual([0, 0, 8])
  })

  it('ignores fields it does not know', () => {
    const builder = new Builder(64)
    const more = builder.createString('from a later version')
    builder.startObject(4)
    builder.addFieldInt32(0, 5, 0)
    builder.addFieldOffset(3, more, 0)
    builder.finish(builder.endObject(), 'MRF1')
    expect(verify(builder.asUint8Array())).toBe('')
    expect([check.seq, check.readingCount]).toEqual([5, 0])
  })

  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    ['identifier', (view) => view.setUint8(4, 0x58), /identifier is not MRF1/],
    ['root offset 0', (view) => view.setUint32(0, 0, true), /root offset is outside/],
    ['root offset in the identifier', (view) => view.setUint32(0, 4, true), /root offset is outside/],
    ['root offset beyond', (view) => view.setUint32(0, 0xffff_fffc, true), /root offset is outside/],
    [
      'root offset odd',
      (view, table) => view.setUint32(0, table + 1, true),
      /root offset is not a multiple of 4/,
    ],
    ['vtable before', (view, table) => view.setInt32(table, 0x7fff_fffc, true), /vtable is outside/],
    ['vtable beyond', (view, table) => view.setInt32(table, -0x7fff_fffc, true), /vtable is outside/],
    ['vtable odd', (view, table) => view.setInt32(table, 1, true), /vtable is not at a multiple of 2/],
    ['vtable too small', (v, t) => v.setUint16(vtableOf(v, t), 2, true), /size of the vtable/],
    ['vtable odd size', (v, t) => v.setUint16(vtableOf(v, t), 7, true), /size of the vtable/],
    ['vtable too large', (v, t) => v.setUint16(vtableOf(v, t), 0xfffe, true), /vtable ends beyond/],
    ['table too small', (v, t) => v.setUint16(vtableOf(v, t) + 2, 2, true), /size of the table/],
    ['table too large', (v, t) => v.setUint16(vtableOf(v, t) + 2, 0xffff, true), /table ends beyond/],
    ['seq outside', (v, t) => v.setUint16(vtableOf(v, t) + 4, 10, true), /seq is outside its table/],
    [
      'seq on the vtable offset',
      (v, t) => v.setUint16(vtableOf(v, t) + 4, 2, true),
      /seq is outside its table/,
    ],
    ['seq unaligned', (v, t) => v.setUint16(vtableOf(v, t) + 4, 6, true), /seq is not at a multiple/],
    [
      'readings outside',
      (v, t) => v.setUint16(vtableOf(v, t) + 6, 0xfff0, true),
      /readings is outside its table/,
    ],
    [
      'readings unaligned',
      (v, t) => v.setUint16(vtableOf(v, t) + 6, 5, true),
      /readings is not at a multiple/,
    ],
    ['vector on itself', (v, t) => v.setUint32(fieldOf(v, t), 0, true), /vector of readings is outside/],
    [
      'vector beyond',
      (v, t) => v.setUint32(fieldOf(v, t), 0xffff_fff0, true),
      /vector of readings is outside/,
    ],
    [
      'vector unaligned',
      (v, t) => v.setUint32(fieldOf(v, t), 6, true),
      /vector of readings is not at a multiple/,
    ],
    [
      'count lying by one',
      (v, _t, vector) => v.setUint32(vector, 3, true),
      /says 3 readings, which end beyond/,
    ],
    [
      'count lying by far',
      (v, _t, vector) => v.setUint32(vector, 0xffff_ffff, true),
      /says 4294967295 readings/,
    ],
    ['count that wraps', (v, _t, vector) => v.setUint32(vector, 0x0800_0001, true), /end beyond the message/],
  ])('refuses %s', (_what, change, problem) => {
    expect(verify(changed(change))).toMatch(problem)
  })

  it('refuses every truncation', () => {
    const message = frame(9, someReadings(2))
    for (let length = 0; length < message.length; length++) {
      expect(verify(message.subarray(0, length)), `${length} bytes`).not.toBe('')
    }
  })
})
