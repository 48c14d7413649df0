import { afterEach, describe, expect, it } from 'vitest'
import { observeCursor, publishCursor } from '../../src/memory/atomics.ts'
import { RING_ROUTE_CURSOR } from '../../src/memory/layout/ring.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import { EMBEDDING_RING } from '../../src/engine/sizing.ts'
import { newFolder } from './durable-rig.ts'
import { type RunningEngine, soon, startEngine } from './listeners.fixture.ts'

/** As a bug would: the router passes on what is no frame, at which the journal's thread ends. */
async function breakJournal({ assembly: { foundation }, failures }: RunningEngine): Promise<void> {
  const { memory, plan } = foundation
  const cursor = placeOf.ringControl(plan, EMBEDDING_RING) + RING_ROUTE_CURSOR
  const at = observeCursor(memory.i32, cursor)
  const address = placeOf.ring(plan, EMBEDDING_RING) + (at & (plan.needs.ringBytes - 1))
  memory.i32[address >>> 2] = 4
  publishCursor(memory.i32, cursor, at + 4)
  await soon(() => failures.length > 0, 20_000)
  // nobody else is to come to grief
  publishCursor(memory.i32, cursor, at)
}

describe('An engine whose journal has ended', { timeout: 60_000 }, () => {
  let running: RunningEngine
  afterEach(() => running.engine.close())

  it('tells of it once, takes nothing any more, and says so wherever it is asked', async () => {
    const durable = { durability: 'journal', dataDir: newFolder(), shutdownTimeoutMs: 1000 } as const
    running = await startEngine({ ...durable, listeners: 1, journal: { segmentBytes: 1024 * 1024 } })
    const { engine, failures, port } = running
    await engine.ready
    expect(engine.stats().durability).toMatchObject({ storage: { status: 'ok', refusedTiers: 0 } })
    await breakJournal(running)
    const words = expect.stringMatching(/^the journal has ended: .*whole frames/) as string
    expect(failures).toEqual([expect.objectContaining({ code: 'internal', message: words })])
    expect(engine.stats().durability).toMatchObject({
      storage: { status: 'failing', refusedTiers: 4, cause: 'other', message: words },
    })
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(await ready.json()).toMatchObject({ code: 'not-ready', message: words })
    expect(await engine.ingest([{ device: 'pump', metric: 'value', value: 1 }])).toMatchObject({
      ...{ accepted: 0, refused: [0], reason: 'storage' },
    })
    expect(() => engine.devices.register('pump')).toThrow(
      expect.objectContaining({ code: 'not-ready', message: words }),
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(failures).toHaveLength(1)
  })
})
