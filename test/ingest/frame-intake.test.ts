import { describe, expect, it } from 'vitest'
import { OUTCOME_MALFORMED } from '../../src/memory/layout/ring.layout.ts'
import type { Connection } from '../../src/ingest/connection.ts'
import * as C from '../../src/ingest/intake-counters.ts'
import { frame, someReadings, utf8 } from './frames.ts'
import { TestSocket, intakeFixture, type Fixture, type FixtureOptions } from './intake-fixture.ts'
import type { SeenFrame } from './test-consumer.ts'

const OVERLOAD = 1
const VALUE = 2

interface Opened extends Fixture {
  readonly socket: TestSocket
  readonly connection: Connection
}

function open(options: FixtureOptions = {}): Opened {
  const fixture = intakeFixture(options)
  const socket = new TestSocket()
  return { ...fixture, socket, connection: fixture.intake.open(socket, sender) }
}

const sender = { address: '10.0.0.1', client: '', tenant: 'acme' }
const reading = { device: 'pump-7', metric: 'temperature', value: 21.4 }
const json = (message: unknown): Uint8Array => utf8(JSON.stringify(message))

function expectAccount(fixture: Fixture): void {
  const { counters } = fixture
  const sum = (record: Record<string, number>): number => Object.values(record).reduce((a, b) => a + b, 0)
  expect(counters[C.INTAKE_RECEIVED]).toBe(
    counters[C.INTAKE_COMMITTED] + sum(fixture.refused()) + sum(fixture.malformed()),
  )
}

describe('Intake', () => {
  it('puts a frame into the ring as it came', () => {
    const { intake, connection, consumer, memory, clock } = open()
    const message = frame(3, someReadings(2))
    clock.ms = 4711.5
    intake.binary(connection, message)
    const seen: SeenFrame[] = []
    const values: number[] = []
    consumer.route((routed) => {
      seen.push(routed)
      for (let i = 0; i < 2; i++) values.push(memory.f64[(routed.readings + i * 32 + 16) >>> 3])
      return undefined
    })
    expect(seen).toMatchObject([{ seq: 3, readingCount: 2, source: connection.source, receivedMs: 4711.5 }])
    expect(values).toEqual([0.5, 1.5])
  })

  it('moves readings that lie at a multiple of 4 to a multiple of 8', () => {
    const { intake, connection, consumer, memory } = open()
    const aligned = frame(1, someReadings(3))
    const shifted = new Uint8Array(aligned.length + 4)
    // four bytes between identifier and the rest: the root is further, everything else is relative
    shifted.set(aligned.subarray(0, 8))
    shifted.set(aligned.subarray(8), 12)
    new DataView(shifted.buffer).setUint32(0, new DataView(aligned.buffer).getUint32(0, true) + 4, true)
    intake.binary(connection, shifted)
    const values: number[] = []
    consumer.route(({ readings }) => {
      expect(readings % 8).toBe(0)
      for (let i = 0; i < 3; i++) values.push(memory.f64[(readings + i * 32 + 16) >>> 3])
      return undefined
    })
    expect(values).toEqual([0.5, 1.5, 2.5])
  })

  it('acknowledges many frames at once, cumulatively, with the credit left', () => {
    const { intake, connection, consumer, socket } = open()
    for (let seq = 1; seq <= 10; seq++) intake.binary(connection, frame(seq, someReadings(1)))
    intake.settle()
    expect(socket.take()).toEqual([])
    consumer.route(undefined, 7)
    intake.settle()
    expect(socket.take()).toEqual([{ seq: 7, status: 'accepted', credit: 61 }])
    consumer.route()
    intake.settle()
    intake.settle()
    expect(socket.take()).toEqual([{ seq: 10, status: 'accepted', credit: 64 }])
  })

  it('gives answers under load without being asked', () => {
    const { intake, connection, consumer, socket } = open()
    for (let seq = 1; seq <= 64; seq++) {
      intake.binary(connection, frame(seq, someReadings(1)))
      consumer.route()
    }
    expect(socket.take().map((reply) => reply.seq)).toEqual([31, 63])
  })

  it('tells a refusal before an acknowledgement that covers it', () => {
    const { intake, connection, consumer, socket } = open()
    for (let seq = 1; seq <= 4; seq++) intake.binary(connection, frame(seq, someReadings(2)))
    consumer.route(({ seq }) => (seq === 2 ? { indexes: [0, 1], reason: OVERLOAD } : undefined))
    intake.settle()
    expect(socket.take()).toEqual([
      { seq: 2, status: 'refused', reason: 'overload', retry_after_ms: 250, credit: 62 },
      { seq: 4, status: 'accepted', credit: 64 },
    ])
  })

  it.each([2, 100])('lists refused readings among %i', (count) => {
    const { intake, connection, consumer, socket } = open()
    intake.binary(connection, frame(1, someReadings(count)))
    consumer.route(() => ({ indexes: [1], reason: OVERLOAD }))
    intake.settle()
    expect(socket.take()).toMatchObject([{ seq: 1, status: 'refused', reason: 'overload', refused: [1] }])
  })

  it('accepts a frame with malformed readings, which need not be sent again', () => {
    const { intake, connection, consumer, socket } = open()
    intake.binary(connection, frame(1, someReadings(3)))
    consumer.route(() => ({ indexes: [2], reason: OUTCOME_MALFORMED + VALUE }))
    intake.settle()
    expect(socket.take()).toMatchObject([
      { seq: 1, status: 'accepted', reason: 'malformed: value', retry_after_ms: 0, refused: [2] },
    ])
  })

  it('tells the positions in the message, not in the ring', () => {
    const { intake, connection, consumer, socket } = open()
    const wrong = { ...reading, value: 'x' }
    const unknown = { ...reading, device: 'unknown' }
    intake.text(connection, json({ seq: 1, readings: [wrong, reading, reading, unknown, reading] }))
    intake.text(connection, json({ seq: 2, readings: [reading, wrong] }))
    consumer.route(({ seq }) => (seq === 1 ? { indexes: [1, 2], reason: OVERLOAD } : undefined))
    intake.settle()
    expect(socket.take()).toEqual([
      {
        seq: 1,
        status: 'refused',
        reason: 'overload',
        retry_after_ms: 250,
        refused: [0, 2, 3, 4],
        credit: 63,
      },
      {
        seq: 2,
        status: 'accepted',
        reason: 'malformed: type: reading 1: "value" must be a number or a boolean, not a string',
        retry_after_ms: 0,
        refused: [1],
        credit: 64,
      },
    ])
  })

  it('answers text as text and binary as binary on one connection', () => {
    const { intake, connection, consumer, socket } = open()
    intake.binary(connection, frame(1, someReadings(1)))
    consumer.route()
    intake.settle()
    intake.text(connection, json({ seq: 2, readings: [reading] }))
    consumer.route()
    intake.settle()
    expect(socket.forms).toEqual(['binary', 'text'])
  })

  it('answers faults of an unnumbered message at once', () => {
    const { intake, connection, socket, consumer } = open()
    intake.text(connection, json([reading, { ...reading, device: 'unknown' }]))
    expect(socket.take()).toMatchObject([
      { seq: 0, status: 'refused', reason: 'unknown-device', refused: [1] },
    ])
    expect(consumer.route()).toBe(1)
    expect(consumer.readings).toBe(1)
  })

  it('never answers a later connection in the same slot', () => {
    const { intake, connection, consumer } = open()
    intake.binary(connection, frame(1, someReadings(1)))
    intake.close(connection)
    const socket = new TestSocket()
    const later = intake.open(socket, sender)
    expect(later.source & 0xfffff).toBe(connection.source & 0xfffff)
    consumer.route()
    intake.settle()
    expect(socket.replies).toEqual([])
    expect(intake.sourceName(connection.source)).toBe('')
    expect(intake.sourceName(later.source)).toBe('10.0.0.1')
  })

  it('takes a frame without readings', () => {
    const { intake, connection, consumer, socket } = open()
    intake.binary(connection, frame(1, []))
    intake.text(connection, json({ seq: 2, readings: [] }))
    consumer.route()
    intake.settle()
    expect(socket.take()).toMatchObject([{ seq: 2, status: 'accepted' }])
  })

  it('counts every reading once', () => {
    const fixture = open({ rates: { connection: { framesPerSecond: 4, readingsPerSecond: 0 } } })
    const { intake, connection } = fixture
    intake.binary(connection, frame(1, someReadings(5)))
    intake.binary(connection, frame(2, someReadings(5)).fill(0, 4, 8))
    intake.text(connection, utf8('nope'))
    intake.text(
      connection,
      json([reading, 5, { ...reading, device: 'unknown' }, { ...reading, metric: 'mood' }]),
    )
    intake.binary(connection, frame(1, someReadings(2)))
    intake.binary(connection, frame(1, someReadings(3)))
    intake.binary(connection, frame(1, someReadings(7)))
    intake.text(connection, json([reading, reading]))
    intake.beginShutdown()
    intake.binary(connection, frame(1, someReadings(11)))
    intake.text(connection, json([reading, reading]))
    expect(fixture.malformed()).toEqual({ frame: 1, json: 1, type: 1 })
    expect(fixture.refused()).toEqual({ 'unknown-device': 1, 'unknown-metric': 1, rate: 9, shutdown: 13 })
    expect(fixture.counters[C.INTAKE_COMMITTED]).toBe(11)
    expect(fixture.counters[C.INTAKE_FRAMES]).toBe(10)
    expectAccount(fixture)
  })

  it('keeps the beginning of what was malformed', () => {
    const { intake, connection, quarantine } = open()
    const long = utf8('x'.repeat(5000))
    intake.text(connection, long)
    long.fill(0)
    expect(quarantine).toMatchObject([{ cause: 'json', source: '10.0.0.1', size: 5000 }])
    expect(quarantine[0].bytes).toHaveLength(256)
    expect(quarantine[0].bytes[0]).toBe(120)
  })

  describe('with a full ring', () => {
    const small = { ringBytes: 1 << 14, limits: { ringWaitMs: 5, frameBytes: 1 << 12 } }
    const fill = ({ intake, connection }: Opened): void => {
      for (let i = 0; i < 7; i++) intake.binary(connection, frame(0, someReadings(64)))
    }

    it('waits in small steps, then refuses, then refuses at once until it has drained', () => {
      const pauses: number[] = []
      const opened = open({ ...small, pause: (ms) => void (pauses.push(ms), (opened.clock.ms += ms)) })
      fill(opened)
      expect(opened.counters[C.INTAKE_COMMITTED]).toBe(7 * 64)
      opened.intake.binary(opened.connection, frame(5, someReadings(64)))
      expect(pauses).toEqual([1, 1, 1, 1, 1])
      expect(opened.socket.take()).toEqual([
        { seq: 5, status: 'refused', reason: 'ring', retry_after_ms: 250, credit: 64 },
      ])
      opened.intake.text(opened.connection, json(Array(50).fill(reading)))
      expect(pauses).toHaveLength(5)
      expect(opened.refused()).toEqual({ ring: 114 })
      opened.consumer.route(undefined, 3)
      fill(opened)
      expect(pauses.length).toBeGreaterThan(5)
      expectAccount(opened)
    })

    it('goes on as soon as there is room', () => {
      const opened = open({ ...small, pause: () => void opened.consumer.route(undefined, 2) })
      fill(opened)
      opened.intake.binary(opened.connection, frame(5, someReadings(64)))
      expect(opened.refused()).toEqual({})
      expect(opened.counters[C.INTAKE_COMMITTED]).toBe(8 * 64)
    })

    it('frees the room of routed frames by answering them', () => {
      const opened = open(small)
      for (let seq = 1; seq <= 100; seq++) {
        opened.intake.binary(opened.connection, frame(seq, someReadings(64)))
        opened.consumer.route()
      }
      expect(opened.counters[C.INTAKE_COMMITTED]).toBe(6400)
    })

    it('answers a sender without seq at most every 100 ms', () => {
      const opened = open({ ...small, limits: { ...small.limits, ringWaitMs: 0 } })
      fill(opened)
      for (let i = 0; i < 10; i++) opened.intake.binary(opened.connection, frame(0, someReadings(64)))
      expect(opened.socket.take()).toHaveLength(1)
      opened.clock.ms += 101
      for (let i = 0; i < 10; i++) opened.intake.binary(opened.connection, frame(0, someReadings(64)))
      expect(opened.socket.take()).toHaveLength(1)
      expect(opened.refused()).toEqual({ ring: 20 * 64 })
    })
  })

  it('closes a connection that does not read its replies', () => {
    const { intake, connection, consumer, socket, counters } = open()
    socket.sendResult = 2
    intake.binary(connection, frame(1, someReadings(1)))
    consumer.route()
    intake.settle()
    expect(socket.closed?.code).toBe(1006)
    expect(counters[C.INTAKE_CLOSED_UNREAD]).toBe(1)
    expect(counters[C.INTAKE_CONNECTIONS]).toBe(0)
    intake.close(connection)
    expect(counters[C.INTAKE_CONNECTIONS]).toBe(0)
  })

  it('closes all connections with a reason', () => {
    const { intake, socket, counters } = open()
    intake.disconnect(1001, 'the engine stops')
    expect(socket.closed).toEqual({ code: 1001, reason: 'the engine stops' })
    expect(counters[C.INTAKE_CONNECTIONS]).toBe(0)
  })

  describe('with rates', () => {
    const unlimited = { framesPerSecond: 0, readingsPerSecond: 0 }

    it('lets a sender have its rate and pays off a frame larger than a second allows', () => {
      const opened = open({ rates: { connection: { framesPerSecond: 0, readingsPerSecond: 100 } } })
      const { intake, connection, socket, clock } = opened
      intake.binary(connection, frame(1, someReadings(300)))
      clock.ms += 1000
      intake.binary(connection, frame(2, someReadings(1)))
      expect(socket.take()).toMatchObject([{ seq: 2, reason: 'rate', retry_after_ms: 1010 }])
      clock.ms += 1010
      intake.binary(connection, frame(3, someReadings(1)))
      expect(opened.counters[C.INTAKE_COMMITTED]).toBe(301)
      expectAccount(opened)
    })

    it('shares the rate of an address and of a tenant among connections, and spares the others', () => {
      const perTenant = { ...unlimited, framesPerSecond: 2, connections: 3 }
      const opened = open({ rates: { tenant: perTenant } })
      const { intake, connection } = opened
      const second = intake.open(new TestSocket(), { ...sender, address: '10.0.0.2' })
      const stranger = intake.open(new TestSocket(), { ...sender, tenant: 'other' })
      for (const each of [connection, second, connection, second, stranger]) {
        intake.binary(each, frame(1, someReadings(1)))
      }
      expect(opened.counters[C.INTAKE_COMMITTED]).toBe(3)
      expect(opened.refused()).toEqual({ rate: 2 })
      expect(intake.connectionRefusal('10.0.0.3', 'acme')).toBe('')
      intake.open(new TestSocket(), sender)
      expect(intake.connectionRefusal('10.0.0.3', 'acme')).toMatch(/^tenant acme has its 3 connections/)
      intake.close(second)
      expect(intake.connectionRefusal('10.0.0.3', 'acme')).toBe('')
    })

    it('does not let a sender out of its debt by reconnecting', () => {
      const opened = open({ rates: { address: { ...unlimited, readingsPerSecond: 10, connections: 0 } } })
      const { intake, connection, clock } = opened
      intake.binary(connection, frame(1, someReadings(30)))
      intake.close(connection)
      intake.sweep()
      const again = intake.open(new TestSocket(), sender)
      intake.binary(again, frame(1, someReadings(1)))
      expect(opened.refused()).toEqual({ rate: 1 })
      intake.close(again)
      clock.ms += 10_000
      intake.sweep()
      const later = intake.open(new TestSocket(), sender)
      intake.binary(later, frame(1, someReadings(1)))
      expect(opened.counters[C.INTAKE_COMMITTED]).toBe(31)
    })
  })
})
