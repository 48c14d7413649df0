import { ByteBuffer } from 'flatbuffers'
import type { Clock } from '../../src/core/clock.ts'
import { Reply } from '../../src/core/generated/reply.ts'
import { Status } from '../../src/core/generated/status.ts'
import { deviceIdOf } from '../../src/core/ids.ts'
import { turnTime } from '../../src/core/turn-time.ts'
import type { NameResolver } from '../../src/core/names.ts'
import { INTAKE_COUNTERS, INTAKE_MALFORMED, INTAKE_REFUSED } from '../../src/ingest/intake-counters.ts'
import { Intake, type IntakeParts } from '../../src/ingest/frame-intake.ts'
import type { QuarantineEntry } from '../../src/ingest/quarantine-entry.ts'
import type { StreamSocket } from '../../src/ingest/connection.ts'
import { MALFORMED_CAUSES, REFUSAL_REASONS } from '../../src/core/refusal.ts'
import { PartRefusals } from '../../src/ingest/part-refusals.ts'
import { ClientWindows } from '../../src/memory/client-windows.ts'
import { CLIENT_BYTES } from '../../src/memory/layout/clients.layout.ts'
import { RING_CONTROL_BYTES } from '../../src/memory/layout/ring.layout.ts'
import { SpscFrameProducer } from '../../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, viewMemory, type SharedMemory } from '../../src/memory/shared-memory.ts'
import { TestConsumer } from './test-consumer.ts'

const CONTROL = 1024
const CLIENT_SLOTS = 64
const DATA = CONTROL + RING_CONTROL_BYTES

export interface PlainReply {
  seq: number
  status: string
  reason?: string
  retry_after_ms?: number
  refused?: number[]
  credit: number
}

class ManualClock implements Clock {
  ms = 1000
  nowMs = (): number => this.ms
  epochMs = (): number => this.ms
  every = (): (() => void) => () => undefined
  after = (): (() => void) => () => undefined
}

const devices = new Map<string, number>()
const metrics = new Map([
  ['temperature', 1],
  ['humidity', 2],
])

/** Knows every device but those called `unknown…`; metrics `temperature` (1) and `humidity` (2). */
export const testNames: NameResolver = {
  deviceId(name) {
    let id = devices.get(name)
    if (id === undefined) devices.set(name, (id = name.startsWith('unknown') ? 0 : deviceIdOf(name)))
    return id
  },
  metricId: (name) => metrics.get(name) ?? 0,
  generation: 0,
}

/** The same, with a note of which devices were asked for. */
export function testNamesOf(): NameResolver & { readonly asked: string[]; generation: number } {
  const asked: string[] = []
  const deviceId = (name: string): number => {
    asked.push(name)
    return testNames.deviceId(name)
  }
  return { asked, deviceId, metricId: (name) => testNames.metricId(name), generation: 0 }
}

export function plainReply(message: Uint8Array | string): PlainReply {
  if (typeof message === 'string') return JSON.parse(message) as PlainReply
  const buffer = new ByteBuffer(message)
  if (!Reply.bufferHasIdentifier(buffer)) throw new Error('not a Reply')
  const reply = Reply.getRootAsReply(buffer)
  const reason = reply.reason()
  const refused = reply.refusedArray()
  return {
    seq: reply.seq(),
    status: Status[reply.status()],
    ...(reason !== null && { reason, retry_after_ms: reply.retryAfterMs() }),
    ...(refused !== null && { refused: [...refused] }),
    credit: reply.credit(),
  }
}

/** A socket that keeps what it is sent. */
export class TestSocket implements StreamSocket {
  readonly replies: PlainReply[] = []
  readonly forms: string[] = []
  sendResult = 1
  closed: { code: number; reason: string } | null = null

  send(message: Uint8Array | string, isBinary: boolean): number {
    this.replies.push(plainReply(typeof message === 'string' ? message : message.slice()))
    this.forms.push(isBinary ? 'binary' : 'text')
    return this.sendResult
  }

  close(): void {
    this.closed = { code: 1006, reason: '' }
  }

  end(code: number, reason: string): void {
    this.closed = { code, reason }
  }

  take(): PlainReply[] {
    return this.replies.splice(0)
  }
}

const UNLIMITED = { framesPerSecond: 0, readingsPerSecond: 0 }

export interface FixtureOptions {
  readonly ringBytes?: number
  readonly limits?: Partial<IntakeParts['limits']>
  readonly rates?: Partial<IntakeParts['rates']>
  readonly clock?: Clock
  readonly pause?: (ms: number) => void
  /** Frames of named clients are known again. */
  readonly recognises?: boolean
  readonly names?: NameResolver
}

export interface Fixture {
  readonly memory: SharedMemory
  readonly intake: Intake
  readonly consumer: TestConsumer
  readonly counters: Float64Array
  readonly quarantine: QuarantineEntry[]
  readonly clock: ManualClock
  readonly data: number
  readonly ringBytes: number
  readonly partRefusals: PartRefusals
  readonly windows: ClientWindows
  refused(): Record<string, number>
  malformed(): Record<string, number>
}

export function intakeFixture(options: FixtureOptions = {}): Fixture {
  const ringBytes = options.ringBytes ?? 1 << 23
  const memory = viewMemory(reserveMemory(DATA + ringBytes + CLIENT_SLOTS * CLIENT_BYTES + 65_536))
  const windows = new ClientWindows(memory, DATA + ringBytes, CLIENT_SLOTS)
  const partRefusals = new PartRefusals()
  const counters = new Float64Array(INTAKE_COUNTERS)
  const quarantine: QuarantineEntry[] = []
  const clock = new ManualClock()
  const intake = new Intake({
    memory,
    producer: new SpscFrameProducer(memory, CONTROL, DATA, ringBytes),
    names: options.names ?? testNames,
    counters,
    limits: {
      frameBytes: Math.min(1 << 20, ringBytes >> 2),
      ringWaitMs: 0,
      framesInFlight: 64,
      ...options.limits,
    },
    rates: {
      connection: UNLIMITED,
      address: { ...UNLIMITED, connections: 0 },
      tenant: { ...UNLIMITED, connections: 0 },
      ...options.rates,
    },
    retryAfterMs: (reason) => (reason === 'storage' ? 1000 : 250),
    clock: options.clock ?? clock,
    receivedMs: options.clock ? turnTime(options.clock) : clock.nowMs,
    pause: options.pause ?? (() => undefined),
    quarantine: (entry) => quarantine.push(entry),
    clients: options.recognises ? { windows, partRefusals, round: () => 1 } : undefined,
  })
  const consumer = new TestConsumer(memory, CONTROL, DATA, ringBytes)
  return {
    memory,
    intake,
    consumer,
    counters,
    quarantine,
    clock,
    data: DATA,
    ringBytes,
    partRefusals,
    windows,
    refused: () => named(counters, INTAKE_REFUSED, REFUSAL_REASONS),
    malformed: () => named(counters, INTAKE_MALFORMED, MALFORMED_CAUSES),
  }
}

function named(counters: Float64Array, from: number, names: readonly string[]): Record<string, number> {
  const entries = names.map((name, i) => [name, counters[from + i]] as const)
  return Object.fromEntries(entries.filter(([, count]) => count > 0))
}
