/**
 * Messages per second through one intake, with a consumer that only advances the cursor. Beside it the least that has to
 * be done with such a message: copying its bytes, or JSON.parse. The checks are the readings committed.
 */
import { frame, someReadings, utf8 } from '../test/ingest/frames.ts'
import { intakeFixture, TestSocket } from '../test/ingest/intake-fixture.ts'
import { INTAKE_COMMITTED } from '../src/ingest/intake-counters.ts'
import { systemClock } from '../src/core/clock.ts'
import type { Intake } from '../src/ingest/frame-intake.ts'
import type { Connection } from '../src/ingest/connection.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

export interface Size {
  readonly messages: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { messages: 2000 },
  full: { messages: 3_000_000 },
}

type Send = (intake: Intake, connection: Connection, message: ArrayBuffer) => void

const JSON_READING =
  '{"device":"pump-7","metric":"temperature","value":21.4,"time":1767225600000,"lat":52.52,"lon":13.405}'

export async function run({ messages }: Size): Promise<BenchResult> {
  const few = messages / 100
  const hundred = `[${Array(100).fill(JSON_READING).join(',')}]`
  return benchResult([
    binary('binary, 1 reading, no seq', messages, frame(0, someReadings(1))),
    binary('binary, 1 reading, answered', messages, frame(7, someReadings(1))),
    binary('binary, 1,000 readings', few, frame(0, someReadings(1000))),
    json('JSON, 1 reading', messages / 4, JSON_READING),
    json('JSON, 100 readings', few, hundred),
  ])
}

function binary(name: string, messages: number, message: Uint8Array): BenchCase {
  const send: Send = (intake, connection, buffer) => intake.binary(connection, buffer)
  const room = new Uint8Array(message.length)
  const ms = timed(() => {
    for (let i = 0; i < messages; i++) room.set(message)
  })
  return measured(name, messages, message, send, { name: 'copying it', value: (messages / ms) * 1000 })
}

function json(name: string, messages: number, text: string): BenchCase {
  const send: Send = (intake, connection, buffer) => intake.text(connection, buffer)
  const ms = timed(() => {
    for (let i = 0; i < messages; i++) JSON.parse(text)
  })
  return measured(name, messages, utf8(text), send, { name: 'JSON.parse', value: (messages / ms) * 1000 })
}

function measured(
  name: string,
  messages: number,
  message: Uint8Array,
  send: Send,
  plain: { name: string; value: number },
): BenchCase {
  const fixture = intakeFixture({ clock: systemClock() })
  const socket = new TestSocket()
  socket.send = () => 1
  const connection = fixture.intake.open(socket, { address: '127.0.0.1', client: '', tenant: '' })
  const { intake, consumer } = fixture
  const buffer = message.slice().buffer
  const ms = timed(() => {
    for (let i = 0; i < messages; i++) {
      send(intake, connection, buffer)
      if ((i & 63) !== 63) continue
      consumer.drop()
      intake.settle()
    }
  })
  const check = fixture.counters[INTAKE_COMMITTED]
  return benchCase(name, 'messages/s', (messages / ms) * 1000, plain, check)
}
