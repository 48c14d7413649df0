import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import * as C from '../../src/ingest/intake-counters.ts'
import { frame, someReadings } from './frames.ts'
import { TestSocket, intakeFixture } from './intake-fixture.ts'
import { below, mutate } from './mutations.ts'

const FRAMES = Number(process.env['MILLRACE_FUZZ'] ?? 50_000)
const SEED = Number(process.env['MILLRACE_SEED'] ?? 20261121)
const POISON = 0xa5
const HEADER_BYTES = 32

describe('Intake on mutated frames', () => {
  it(
    `stays inside the message and keeps the account (${FRAMES} frames, seed ${SEED})`,
    { timeout: 3_600_000 },
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
