import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToWord, observeCursor, publishCursor } from '../../src/memory/atomics.ts'
import * as L from '../../src/memory/layout/ring.layout.ts'
import { SpscFrameProducer } from '../../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, viewMemory } from '../../src/memory/shared-memory.ts'

const CAPACITY = 8192
const CONTROL = 1024
const DATA = CONTROL + L.RING_CONTROL_BYTES
const GUARD = 0x5a
const memory = viewMemory(reserveMemory(DATA + CAPACITY + 1024))

interface Committed {
  readonly id: number
  readonly seq: number
  readonly count: number
  readonly bytes: number
  marks: number[]
  reason: number
}

interface Answer {
  readonly source: number
  readonly seq: number
  readonly refused: number[]
  readonly reason: number
}

/** The ring beside a plain queue of what was committed; a consumer that marks readings stands in for the router. */
class RingAndQueue {
  readonly ring: SpscFrameProducer
  readonly #committed: Committed[] = []
  readonly #routed: Committed[] = []
  readonly #expected: Answer[] = []
  readonly #told: Answer[] = []
  #cursor: number
  #id = 1

  constructor(firstCursor: number) {
    memory.bytes.fill(0)
    memory.bytes.fill(GUARD, DATA + CAPACITY)
    publishCursor(memory.i32, CONTROL + L.RING_WRITE_CURSOR, firstCursor)
    publishCursor(memory.i32, CONTROL + L.RING_ROUTE_CURSOR, firstCursor)
    this.#cursor = firstCursor | 0
    this.ring = new SpscFrameProducer(memory, CONTROL, DATA, CAPACITY)
  }

  /** Returns whether there was room. */
  send(count: number, spare: number, extra: number, seq: number): boolean {
    const messageBytes = 8 + 32 * count + extra
    const address = this.ring.claim(messageBytes + 32 * spare, count + spare)
    if (address === 0) return false
    const id = this.#id++
    memory.bytes.fill(id & 0xff, address, address + messageBytes + 32 * spare)
    this.ring.commit(8, count, id, seq, id / 8)
    this.#committed.push({ ...{ id, seq, count, bytes: messageBytes }, marks: [], reason: 0 })
    return true
  }

  abandon(messageBytes: number): void {
    const address = this.ring.claim(messageBytes, 0)
    if (address !== 0) memory.bytes.fill(0xee, address, address + messageBytes)
  }

  /** Reads up to `frames` frames as the router does, and marks the readings that `marks` has a bit for. */
  consume(frames: number, marks: number): void {
    const { i32, f64 } = memory
    const end = observeCursor(i32, CONTROL + L.RING_WRITE_CURSOR)
    for (let left = frames; this.#cursor !== end && left > 0;) {
      const frame = DATA + (this.#cursor & (CAPACITY - 1))
      if (i32[(frame + L.FRAME_READING_COUNT) >>> 2] !== L.FRAME_PADDING) {
        const sent = this.#committed.shift() as Committed
        expect(i32[(frame + L.FRAME_SOURCE) >>> 2]).toBe(sent.id)
        expect(i32[(frame + L.FRAME_READING_COUNT) >>> 2]).toBe(sent.count)
        expect(f64[(frame + L.FRAME_RECEIVED_MS) >>> 3]).toBe(sent.id / 8)
        const readings = frame + i32[(frame + L.FRAME_READING_OFFSET) >>> 2]
        const body = memory.bytes.subarray(readings, readings + 32 * sent.count)
        expect(body.every((byte) => byte === (sent.id & 0xff))).toBe(true)
        this.#mark(frame, sent, marks)
        this.#routed.push(sent)
        left--
      }
      this.#cursor = (this.#cursor + i32[frame >>> 2]) | 0
    }
    publishCursor(i32, CONTROL + L.RING_ROUTE_CURSOR, this.#cursor)
  }

  #mark(frame: number, sent: Committed, marks: number): void {
    const { i32 } = memory
    const mapBytes = (((sent.count + 7) >>> 3) + 31) & -32
    const inline = sent.count <= L.FRAME_INLINE_REFUSALS
    const map = inline ? frame + L.FRAME_HEADER_BYTES : frame + i32[frame >>> 2] - mapBytes
    for (let index = 0; index < sent.count; index++) {
      if (((marks >>> (index % 31)) & 1) === 0) continue
      sent.marks.push(index)
      i32[(map >>> 2) + (index >>> 5)] |= 1 << (index & 31)
    }
    if (sent.marks.length === 0) return
    sent.reason = 1 + (sent.id % 6)
    i32[(frame + L.FRAME_OUTCOME) >>> 2] = (sent.reason << 24) | sent.marks.length
    addToWord(i32, CONTROL + L.RING_REFUSAL_COUNT, 1)
  }

  settle(): void {
    for (const { id, seq, marks, reason } of this.#routed.splice(0))
      if (seq !== 0 || reason !== 0) this.#expected.push({ source: id, seq, refused: marks, reason })
    this.ring.settle((frame) => {
      const { source, seq, reason } = frame
      this.#told.push({ source, seq, refused: frame.refusedIndexes(), reason })
    })
    expect(this.#told).toEqual(this.#expected)
    const outside = memory.bytes.subarray(DATA + CAPACITY, DATA + CAPACITY + 1024)
    expect(outside.every((byte) => byte === GUARD)).toBe(true)
  }
}

type Step = (pair: RingAndQueue) => void

const sends = fc.tuple(fc.nat(100), fc.nat(40), fc.nat(100), fc.constantFrom(0, 1, 7, 0xffffffff)).map(
  ([count, spare, extra, seq]): Step =>
    (pair) =>
      void pair.send(count, spare, extra, seq),
)
const consumes = fc.tuple(fc.nat(6), fc.constantFrom(0, 0, 0b101, 0x7fffffff)).map(
  ([frames, marks]): Step =>
    (pair) =>
      pair.consume(frames, marks),
)
const settles = fc.constant<Step>((pair) => pair.settle())
const abandons = fc.nat(3000).map(
  (bytes): Step =>
    (pair) =>
      pair.abandon(bytes),
)
const steps = fc.array(fc.oneof(sends, sends, sends, consumes, consumes, settles, abandons), {
  maxLength: 150,
})

describe('SpscFrameProducer', () => {
  it('hands over what was committed and shows each answer once, in order, like a queue, wherever cursors begin', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 0x7fffe000, 0xffffe000, 0xffffffe0), (steps, firstCursor) => {
        const pair = new RingAndQueue(firstCursor)
        for (const step of steps) step(pair)
        pair.consume(Infinity, 0)
        pair.settle()
        expect(pair.ring.heldBytes).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('says 0 when there is no room, and has room again when frames are routed and settled', () => {
    const pair = new RingAndQueue(0)
    while (pair.send(10, 0, 0, 5));
    pair.consume(1, 0)
    expect(pair.send(10, 0, 0, 5), 'an answer is due: the frame keeps its room').toBe(false)
    pair.settle()
    expect(pair.send(10, 0, 0, 5)).toBe(true)
  })

  it('shows a refusal though no acknowledgement was wanted', () => {
    const pair = new RingAndQueue(0)
    pair.send(40, 0, 0, 0)
    pair.consume(1, 0b10)
    pair.settle()
  })

  it('takes a frame longer than half of the ring at any place, in the end', () => {
    for (let place = 0; place < CAPACITY; place += 32) {
      const pair = new RingAndQueue(place)
      let sent = pair.send(200, 0, 0, 0)
      for (let tries = 0; !sent && tries < 3; tries++) {
        pair.consume(1, 0)
        sent = pair.send(200, 0, 0, 0)
      }
      expect(sent, `at ${place}`).toBe(true)
      pair.consume(1, 0)
      pair.settle()
    }
  })

  it('refuses a frame longer than the ring, and goes on', () => {
    const pair = new RingAndQueue(64)
    expect(pair.send(300, 0, 0, 0)).toBe(false)
    expect(pair.ring.heldBytes).toBe(0)
    expect(pair.send(10, 0, 0, 0)).toBe(true)
  })

  it('does not show a frame again when the visitor throws', () => {
    const pair = new RingAndQueue(0)
    pair.send(1, 0, 0, 3)
    pair.consume(1, 0)
    const explode = (): never => {
      throw new Error('visitor')
    }
    expect(() => pair.ring.settle(explode)).toThrow('visitor')
    pair.ring.settle(() => expect.unreachable('shown twice'))
  })

  it('leaves room to frames that an earlier producer of the ring committed', () => {
    const pair = new RingAndQueue(0)
    while (pair.send(10, 0, 0, 0));
    const next = new SpscFrameProducer(memory, CONTROL, DATA, CAPACITY)
    expect(next.claim(400, 10)).toBe(0)
  })

  it.each([
    ['before their place', 0, 1],
    ['behind the message', 16, 2],
  ])('does not commit readings %s', (_, offset, count) => {
    const pair = new RingAndQueue(0)
    pair.ring.claim(64, 2)
    expect(() => pair.ring.commit(offset, count, 1, 0, 0)).toThrow('assertion failed')
  })
})
