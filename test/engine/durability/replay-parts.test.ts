import { describe, expect, it } from 'vitest'
import { REFUSAL_REASONS } from '../../../src/core/refusal.ts'
import { decodePartRefusals, encodePartRefusals } from '../../../src/engine/durability/part-refusal-bytes.ts'
import { Replay } from '../../../src/engine/durability/replay.ts'
import { clientKeyOf } from '../../../src/ingest/client-frames.ts'
import type { PartRefusal } from '../../../src/ingest/part-refusals.ts'
import { ClientWindows } from '../../../src/memory/client-windows.ts'
import { frame, someReadings, utf8 } from '../../ingest/frames.ts'
import { intakeFixture, TestSocket } from '../../ingest/intake-fixture.ts'
import { InlineEngine } from '../inline-engine.ts'

const OVERLOAD = REFUSAL_REASONS.indexOf('overload')
const CLIENT = clientKeyOf('gate-1')
const good = { device: 'pump-7', metric: 'temperature', value: 21.4 }
const stranger = { device: 'unknown-1', metric: 'temperature', value: 21.4 }

/** What the journal would hold of these frames, and what their sender was answered. */
function journalled() {
  const { intake, consumer, memory, data } = intakeFixture({ recognises: true })
  const socket = new TestSocket()
  const connection = intake.open(socket, { address: '10.0.0.1', client: 'gate-1', tenant: '' })
  const text = (seq: number, readings: unknown[]): void =>
    intake.text(connection, utf8(JSON.stringify({ seq, readings })))
  intake.binary(connection, frame(1, someReadings(3)))
  intake.binary(connection, frame(2, someReadings(40)))
  text(3, [{ ...good, value: 'x' }, good, good])
  text(4, [good, stranger, good])
  intake.binary(connection, frame(5, someReadings(2)))
  intake.binary(connection, frame(5, someReadings(2))) // repeated before it is known that nothing of it was taken
  intake.binary(connection, frame(6, someReadings(2)))
  const refused: Record<number, number[]> = { 1: [2], 2: [0, 33], 3: [1], 5: [0, 1] }
  let bytes = 0
  consumer.route(({ seq, readingCount, frame: at }) => {
    bytes = at - data + memory.u32[at >>> 2]
    const indexes = refused[seq]
    return indexes === undefined || readingCount === 0 ? undefined : { indexes, reason: OVERLOAD }
  })
  intake.settle()
  return { payload: memory.bytes.slice(data, data + bytes), answers: socket.take() }
}

/** `before`: what a checkpoint knew of the client's frames. */
async function replay(from: number, before: Uint8Array = new Uint8Array()) {
  const engine = await InlineEngine.open(undefined, { durability: 'journal', dataDir: 'unused' })
  const { memory, plan, kernels, signals } = engine.foundation
  const found: PartRefusal[] = []
  const clients = new ClientWindows(memory, plan.at.clients, plan.clientSlots)
  clients.load(before)
  const clock = {
    epochMs: () => engine.clock.epochMs(),
    // whenever somebody waits, the router gets on
    nowMs: () => {
      engine.router.doWork(4096)
      return engine.clock.nowMs()
    },
    every: () => () => undefined,
    after: () => () => undefined,
  }
  const fed = new Replay({
    ...{ memory, plan, kernels, signals, clock, clients, from, checkpoint: undefined },
    onNote: () => undefined,
    onPartRefusal: (refusal) => found.push(refusal),
  })
  const { payload, answers } = journalled()
  fed.feed({ sequence: 1, durable: 0, run: 1, ring: 1, position: 0, epochOffsetMs: 0, payload })
  fed.finish()
  return { found, answers, clients, readings: fed.readings }
}

describe('the replay', () => {
  it.each([
    ['frames to replay', 1, 2 + 38 + 1 + 2 + 2],
    ['frames that only the names are read of', 2, 0],
  ])('finds what senders were refused, in %s', async (_, from, readings) => {
    const { found, answers, clients, readings: replayed } = await replay(from)
    const told = answers.filter(({ refused }) => refused !== undefined)
    expect(told.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(found.map(({ seq, reason, indexes }) => [seq, REFUSAL_REASONS[reason], [...indexes]])).toEqual(
      told.map(({ seq, reason, refused }) => [seq, reason, refused]),
    )
    expect(found.every(({ client }) => client === CLIENT)).toBe(true)
    const fates = [1, 2, 3, 4, 5, 6, 7].map((seq) => clients.fateOf(CLIENT, seq, 0))
    expect(fates).toEqual(['open', 'open', 'open', 'open', 'lost', 'taken', 'lost'])
    expect(replayed).toBe(readings)
  })

  it('has the last word on frames that were under way at the checkpoint', async () => {
    const { windows } = intakeFixture({ recognises: true })
    for (let seq = 1; seq <= 7; seq++) windows.take(CLIENT, seq, 0, true)
    const { clients } = await replay(1, windows.save())
    expect([4, 5, 6, 7].map((seq) => clients.fateOf(CLIENT, seq, 0))).toEqual([
      ...['open', 'lost', 'taken', 'lost'],
    ])
  })
})

describe('part refusals in a checkpoint', () => {
  it('are what they were', () => {
    const refusals = [
      { client: CLIENT, seq: 4_294_967_295, reason: OVERLOAD, indexes: Uint32Array.of(0, 70_000) },
      { client: 1, seq: 1, reason: 4, indexes: new Uint32Array() },
    ]
    expect(decodePartRefusals(encodePartRefusals(refusals))).toEqual(refusals)
    expect(decodePartRefusals(encodePartRefusals([]))).toEqual([])
  })
})

describe('a window of a checkpoint', () => {
  it('holds the frames of which all was taken', () => {
    const { windows } = intakeFixture({ recognises: true })
    windows.take(CLIENT, 300, 0, true)
    windows.take(CLIENT, 301, 0)
    windows.take(CLIENT, 333, 0, true)
    const fates = (): string[] => [300, 301, 302, 333].map((seq) => windows.fateOf(CLIENT, seq, 0))
    expect(fates()).toEqual(['open', 'taken', 'lost', 'open'])
    windows.load(windows.save())
    expect(fates()).toEqual(['lost', 'taken', 'lost', 'lost'])
  })
})
