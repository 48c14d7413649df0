/** Messages per second through one intake, with a consumer that only advances the cursor. */
import { pathToFileURL } from 'node:url'
import { frame, someReadings, utf8 } from '../test/ingest/frames.ts'
import { intakeFixture, TestSocket } from '../test/ingest/intake-fixture.ts'
import { INTAKE_COMMITTED } from '../src/ingest/intake-counters.ts'
import { systemClock } from '../src/core/clock.ts'
import type { Intake } from '../src/ingest/frame-intake.ts'
import type { Connection } from '../src/ingest/connection.ts'

export const SIZES = { small: 2_000, full: 3_000_000 }

export interface IntakeResult {
  readonly name: string
  readonly messagesPerSecond: number
  readonly nsPerMessage: number
  /** Readings committed: the check that the work was done. */
  readonly committed: number
}

type Send = (intake: Intake, connection: Connection, message: ArrayBuffer) => void

const JSON_READING =
  '{"device":"pump-7","metric":"temperature","value":21.4,"time":1767225600000,"lat":52.52,"lon":13.405}'

export function benchIntake(messages: number): IntakeResult[] {
  const binary: Send = (intake, connection, message) => intake.binary(connection, message)
  const text: Send = (intake, connection, message) => intake.text(connection, message)
  return [
    run('binary, 1 reading, no seq', messages, frame(0, someReadings(1)), binary),
    run('binary, 1 reading, answered', messages, frame(7, someReadings(1)), binary),
    run('binary, 1,000 readings', messages / 100, frame(0, someReadings(1000)), binary),
    run('JSON, 1 reading', messages / 4, utf8(JSON_READING), text),
    run('JSON, 100 readings', messages / 100, utf8(`[${Array(100).fill(JSON_READING).join(',')}]`), text),
  ]
}

function run(name: string, messages: number, message: Uint8Array, send: Send): IntakeResult {
  const clock = systemClock()
  const fixture = intakeFixture({ clock })
  const socket = new TestSocket()
  socket.send = () => 1
  const connection = fixture.intake.open(socket, { address: '127.0.0.1', client: '', tenant: '' })
  const { intake, consumer } = fixture
  const buffer = message.slice().buffer
  const begin = clock.nowMs()
  for (let i = 0; i < messages; i++) {
    send(intake, connection, buffer)
    if ((i & 63) !== 63) continue
    consumer.drop()
    intake.settle()
  }
  const ms = clock.nowMs() - begin
  return {
    name,
    messagesPerSecond: Math.round((messages / ms) * 1000),
    nsPerMessage: Math.round((ms / messages) * 1e6),
    committed: fixture.counters[INTAKE_COMMITTED],
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  benchIntake(SIZES.small)
  console.table(benchIntake(SIZES.full))
}
