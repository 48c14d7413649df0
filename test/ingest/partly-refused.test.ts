import { describe, expect, it } from 'vitest'
import { clientKeyOf } from '../../src/ingest/client-frames.ts'
import type { Connection } from '../../src/ingest/connection.ts'
import { INTAKE_RECEIVED } from '../../src/ingest/intake-counters.ts'
import { PartRefusals } from '../../src/ingest/part-refusals.ts'
import { REFUSAL_REASONS } from '../../src/core/refusal.ts'
import type { NameResolver } from '../../src/core/names.ts'
import { OUTCOME_MALFORMED } from '../../src/memory/layout/ring.layout.ts'
import { frame, someReadings, utf8 } from './frames.ts'
import { TestSocket, intakeFixture, testNames, type Fixture, type FixtureOptions } from './intake-fixture.ts'
import type { Mark } from './test-consumer.ts'

const OVERLOAD = REFUSAL_REASONS.indexOf('overload')
const CLIENT = clientKeyOf('gate-1')
const sender = { address: '10.0.0.1', client: 'gate-1', tenant: 'acme' }

interface Opened extends Fixture {
  readonly connect: () => { connection: Connection; socket: TestSocket }
  /** Routes what is in the ring; frames with readings are marked so. */
  readonly route: (mark?: Mark) => void
}

function open(options: FixtureOptions = {}): Opened {
  const fixture = intakeFixture({ recognises: true, ...options })
  return {
    ...fixture,
    connect() {
      const socket = new TestSocket()
      return { socket, connection: fixture.intake.open(socket, sender) }
    },
    route(mark) {
      fixture.consumer.route(({ readingCount }) => (readingCount > 0 ? mark : undefined))
      fixture.intake.settle()
    },
  }
}

const json = (seq: number, readings: readonly unknown[]): Uint8Array =>
  utf8(JSON.stringify({ seq, readings }))
const good = { device: 'pump-7', metric: 'temperature', value: 21.4 }
const stranger = { device: 'unknown-1', metric: 'temperature', value: 21.4 }

describe('a frame of which a part was refused', () => {
  it('is answered the same when it is sent again, on whatever connection', () => {
    const { intake, connect, route, counters } = open()
    const first = connect()
    intake.binary(first.connection, frame(5, someReadings(4)))
    route({ indexes: [1, 3], reason: OVERLOAD })
    const [reply] = first.socket.take()
    expect(reply).toMatchObject({ seq: 5, status: 'refused', reason: 'overload', refused: [1, 3] })
    intake.close(first.connection)
    const second = connect()
    intake.binary(second.connection, frame(5, someReadings(4)))
    intake.settle()
    expect(second.socket.take()).toEqual([]) // not before it has come through the ring
    route()
    expect(second.socket.take()).toEqual([reply])
    expect(counters[INTAKE_RECEIVED]).toBe(4) // readings count once
  })

  it('is known although its connection was gone before it was settled', () => {
    const { intake, connect, route } = open()
    const first = connect()
    intake.binary(first.connection, frame(5, someReadings(40)))
    intake.close(first.connection)
    const second = connect()
    intake.binary(second.connection, frame(5, someReadings(40)))
    intake.binary(second.connection, frame(6, someReadings(2)))
    route({ indexes: [1], reason: OVERLOAD })
    expect(first.socket.take()).toEqual([])
    expect(second.socket.take()).toMatchObject([
      { seq: 5, status: 'refused', reason: 'overload', refused: [1] },
      { seq: 6, status: 'refused', refused: [1] },
    ])
  })

  it('keeps no part in mind where all was taken, where nothing was, or where readings were merely malformed', () => {
    const { intake, connect, route, partRefusals } = open()
    const { connection, socket } = connect()
    intake.binary(connection, frame(1, someReadings(2)))
    route()
    intake.binary(connection, frame(2, someReadings(2)))
    route({ indexes: [0], reason: OUTCOME_MALFORMED + 2 })
    intake.binary(connection, frame(3, someReadings(2)))
    route({ indexes: [0, 1], reason: OVERLOAD })
    expect(partRefusals.size).toBe(0)
    socket.take()
    for (const seq of [1, 2]) intake.binary(connection, frame(seq, someReadings(2)))
    intake.binary(connection, frame(3, someReadings(2)))
    route()
    expect(socket.take()).toMatchObject([{ seq: 3, status: 'accepted' }])
  })

  it('lists a text message by the places that its readings had in it', () => {
    const { intake, connect, route } = open()
    const message = json(7, [{ ...good, value: 'x' }, good, good, { ...good, metric: 5 }, good])
    const first = connect()
    intake.text(first.connection, message)
    route({ indexes: [0, 2], reason: OVERLOAD })
    const [reply] = first.socket.take()
    expect(reply).toMatchObject({ seq: 7, status: 'refused', reason: 'overload', refused: [0, 1, 3, 4] })
    const second = connect()
    intake.text(second.connection, message)
    route()
    expect(second.socket.take()).toEqual([reply])
  })

  it('tells what was refused at the door even if that would pass now', () => {
    let isKnown = false
    const names: NameResolver = {
      ...testNames,
      deviceId: (name) => testNames.deviceId(isKnown ? name.replace('unknown', 'known') : name),
    }
    const { intake, connect, route } = open({ names })
    const first = connect()
    intake.text(first.connection, json(8, [good, stranger, good]))
    route()
    const [reply] = first.socket.take()
    expect(reply).toMatchObject({ seq: 8, status: 'refused', reason: 'unknown-device', refused: [1] })
    isKnown = true
    const second = connect()
    intake.text(second.connection, json(8, [good, stranger, good]))
    route()
    expect(second.socket.take()).toEqual([reply])
  })

  it('is to come again as long as another listener has not said what became of it', () => {
    const { intake, connect, route, windows, partRefusals } = open()
    windows.take(CLIENT, 9, 0, true) // there
    const { connection, socket } = connect()
    intake.binary(connection, frame(9, someReadings(2)))
    route()
    expect(socket.take()).toMatchObject([{ seq: 9, status: 'refused', reason: 'overload' }])
    partRefusals.learn({ client: CLIENT, seq: 9, reason: OVERLOAD, indexes: Uint32Array.of(1) })
    intake.binary(connection, frame(9, someReadings(2)))
    route()
    expect(socket.take()).toMatchObject([{ seq: 9, status: 'refused', refused: [1] }])
    windows.take(CLIENT, 10, 0, true)
    windows.setOpen(CLIENT, 10, false)
    intake.binary(connection, frame(10, someReadings(2)))
    route()
    expect(socket.take()).toMatchObject([{ seq: 10, status: 'accepted' }])
  })
})

describe('a connection with the number of an earlier one', () => {
  it("waits until that one's frames are settled, and is not taken for its client", () => {
    const NUMBERS_OF_A_SLOT = 1024
    const { intake, connect, route } = open()
    const first = connect()
    intake.binary(first.connection, frame(5, someReadings(2)))
    intake.close(first.connection)
    for (let i = 1; i < NUMBERS_OF_A_SLOT; i++) intake.close(connect().connection)
    const socket = new TestSocket()
    const another = intake.open(socket, { ...sender, client: 'gate-2' })
    expect(another.source).toBe(first.connection.source)
    intake.binary(another, frame(5, someReadings(3)))
    expect(socket.take()).toMatchObject([{ seq: 5, status: 'refused', reason: 'ring' }])
    route()
    socket.take()
    intake.binary(another, frame(5, someReadings(3)))
    route({ indexes: [2], reason: OVERLOAD })
    expect(socket.take()).toMatchObject([{ seq: 5, status: 'refused', refused: [2] }])
  })
})

describe('PartRefusals', () => {
  const refusal = (client: number, seq: number, indexes = 1) => ({
    ...{ client, seq, reason: OVERLOAD },
    indexes: new Uint32Array(indexes),
  })
  const kept = (refusals: PartRefusals): string[] =>
    [...refusals].map(({ client, seq }) => `${client}:${seq}`)

  it('forgets the lowest number of a client, which its window leaves first', () => {
    const refusals = new PartRefusals(undefined, { framesPerClient: 2 })
    for (const seq of [8, 3, 9]) refusals.add(refusal(1, seq))
    expect(kept(refusals)).toEqual(['1:8', '1:9'])
  })

  it('forgets the oldest of a client, then of the client that was quiet for longest', () => {
    const forgotten: string[] = []
    const refusals = new PartRefusals(({ client, seq }) => forgotten.push(`${client}:${seq}`), {
      frames: 4,
      framesPerClient: 2,
    })
    for (const seq of [1, 2, 3]) refusals.add(refusal(1, seq))
    expect(forgotten).toEqual(['1:1'])
    for (const seq of [1, 2]) refusals.add(refusal(2, seq))
    refusals.add(refusal(3, 1))
    expect(forgotten).toEqual(['1:1', '1:2'])
    expect(kept(refusals)).toEqual(['1:3', '2:1', '2:2', '3:1'])
    expect(refusals.size).toBe(4)
  })

  it('holds no more indexes than allowed, but always the latest frame', () => {
    const refusals = new PartRefusals(undefined, { indexes: 10 })
    refusals.add(refusal(1, 1, 6))
    refusals.add(refusal(2, 1, 6))
    expect(kept(refusals)).toEqual(['2:1'])
    refusals.add(refusal(3, 1, 60))
    expect(kept(refusals)).toEqual(['3:1'])
    refusals.add(refusal(4, 1, 6))
    expect(kept(refusals)).toEqual(['4:1'])
  })

  it('passes on what is new here, once, and not what was heard from elsewhere', () => {
    const refusals = new PartRefusals()
    const heard: number[] = []
    const stop = refusals.onAdd(({ seq }) => heard.push(seq))
    refusals.add(refusal(1, 1))
    refusals.add(refusal(1, 1))
    refusals.learn(refusal(1, 2))
    expect(refusals.find(1, 2)).toBeDefined()
    stop()
    refusals.add(refusal(1, 3))
    expect(heard).toEqual([1])
  })
})
