import { describe, expect, it } from 'vitest'
import { seededRandom, type Random } from '../../src/core/random.ts'
import * as C from '../../src/ingest/intake-counters.ts'
import { frame, someReadings } from './frames.ts'
import { TestSocket, intakeFixture } from './intake-fixture.ts'

const FRAMES = Number(process.env['MILLRACE_FUZZ'] ?? 100_000)
const SEED = Number(process.env['MILLRACE_SEED'] ?? 20261121)
const POISON = 0xa5
const HEADER_BYTES = 32

const below = (random: Random, limit: number): number => Math.floor(random() * limit)
const INTERESTING = [
  0, 1, 2, 3, 4, 5, 7, 8, 12, 16, 0x7f, 0x80, 0xff, 0xfff0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

/** Bit flips, hostile words, cuts and growth, mostly in the part that is not readings. */
function mutate(message: Uint8Array, random: Random): Uint8Array {
  let bytes = message.slice()
  for (let changes = 1 + below(random, 4); changes > 0 && bytes.length > 0; changes--) {
    const near = random() < 0.8 ? Math.min(bytes.length, 48) : bytes.length
    const at = below(random, near)
    const kind = below(random, 6)
    if (kind === 0) bytes[at] ^= 1 << below(random, 8)
    else if (kind === 1) bytes[at] = below(random, 256)
    else if (kind === 2 && at + 4 <= bytes.length) {
      new DataView(bytes.buffer).setUint32(at & ~3, INTERESTING[below(random, INTERESTING.length)], true)
    } else if (kind === 3 && at + 2 <= bytes.length) {
      new DataView(bytes.buffer).setUint16(at & ~1, INTERESTING[below(random, INTERESTING.length)], true)
    } else if (kind === 4) bytes = bytes.slice(0, below(random, bytes.length + 1))
    else {
      const longer = new Uint8Array(bytes.length + below(random, 70))
      longer.set(bytes)
      bytes = longer
    }
  }
  return bytes
}

describe('Intake on mutated frames', () => {
  it(
    `stays inside the message and keeps the account (${FRAMES} frames, seed ${SEED})`,
    { timeout: 600_000 },
    () => {
      const random = seededRandom(SEED)
      const fixture = intakeFixture({ ringBytes: 1 << 13, limits: { frameBytes: 1 << 11 } })
      const { intake, consumer, counters, memory, data, ringBytes, quarantine } = fixture
      const seeds = [0, 1, 3, 40].map((count) => frame(count, someReadings(count)))
      const ring = memory.bytes.subarray(data, data + ringBytes)
      const socket = new TestSocket()
      let connection = intake.open(socket, { address: 'fuzz', client: '', tenant: '' })
      let committed = 0
      let malformed = 0
      for (let i = 0; i < FRAMES; i++) {
        const message = mutate(seeds[below(random, seeds.length)], random)
        // whatever was in the ring before is poison: a reading taken from beyond the message would show it
        ring.fill(POISON)
        const before = counters[C.INTAKE_COMMITTED]
        intake.binary(connection, message)
        const taken = counters[C.INTAKE_COMMITTED] - before
        const routed = consumer.route(({ frame, readingCount, readings, source }) => {
          expect(source).toBe(connection.source)
          expect(readingCount).toBe(taken)
          expect(readings - frame).toBeGreaterThanOrEqual(HEADER_BYTES + 8)
          expect(readings + readingCount * 32).toBeLessThanOrEqual(frame + HEADER_BYTES + message.length)
          expect(readings % 8).toBe(0)
          return undefined
        })
        if (routed === 1) committed += taken
        else malformed++
        intake.settle()
        quarantine.length = 0
        socket.replies.length = 0
        if (connection.socket === null)
          connection = intake.open(socket, { address: 'fuzz', client: '', tenant: '' })
      }
      expect(counters[C.INTAKE_COMMITTED]).toBe(committed)
      expect(fixture.malformed()).toEqual({ frame: malformed })
      expect(fixture.refused()).toEqual({})
      expect(counters[C.INTAKE_RECEIVED]).toBe(committed + malformed)
      expect(counters[C.INTAKE_FRAMES]).toBe(FRAMES)
      expect(malformed).toBeGreaterThan(FRAMES / 10)
      expect(consumer.frames).toBeGreaterThan(FRAMES / 10)
    },
  )

  it('writes nothing behind a message it does not take', () => {
    const random = seededRandom(SEED + 1)
    const fixture = intakeFixture({ ringBytes: 1 << 13, limits: { frameBytes: 1 << 11 } })
    const { intake, consumer, memory, data, ringBytes } = fixture
    const connection = intake.open(new TestSocket(), { address: 'fuzz', client: '', tenant: '' })
    let offset = 0
    let checked = 0
    for (let i = 0; i < 2000; i++) {
      connection.malformedFrames = 0
      const message = mutate(frame(0, someReadings(2)), random)
      memory.bytes.fill(POISON, data, data + ringBytes)
      intake.binary(connection, message)
      const committed = consumer.drop()
      intake.settle()
      offset = (offset + committed) % ringBytes
      const end = data + offset + HEADER_BYTES + message.length
      if (committed > 0 || end > data + ringBytes) continue
      checked++
      expect(memory.bytes.subarray(end, data + ringBytes).every((byte) => byte === POISON)).toBe(true)
    }
    expect(checked).toBeGreaterThan(200)
  })
})
