import { describe, expect, it } from 'vitest'
import { observeCursor } from '../../src/memory/atomics.ts'
import * as A from '../../src/memory/layout/control.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import type { PipelineModule } from '../../src/pipelines/pipeline-module.ts'
import { InlineEngine } from '../engine/inline-engine.ts'

/** Notes time and value of all it is shown. */
const recorder = (seen: { time: number; value: number }[]): PipelineModule => ({
  name: 'recorder',
  onReadings(batch) {
    while (batch.next()) seen.push({ time: batch.time, value: batch.value })
  },
})

describe('RouterAgent', () => {
  it('takes what is in the rings, a bounded part of it at a time', async () => {
    const engine = await InlineEngine.open()
    for (let frame = 0; frame < 4; frame++)
      engine.send(Array.from({ length: 100 }, (_, value) => ({ device: 'pump', value })))
    expect(engine.router.hasWork()).toBe(true)
    expect(engine.router.doWork(150)).toBe(200)
    expect(engine.router.hasWork()).toBe(true)
    expect(engine.router.doWork(150)).toBe(200)
    expect(engine.router.hasWork()).toBe(false)
    expect(engine.router.doWork(150)).toBe(0)
  })

  it('answers a frame when it has routed it, and tells what it has refused', async () => {
    const engine = await InlineEngine.open()
    const address = engine.embedded.claim(1)
    engine.foundation.memory.f64.fill(NaN, (address + 8) >>> 3, (address + 24) >>> 3)
    const answer = engine.embedded.commitAcknowledged(1)
    engine.embedded.settle()
    expect(engine.embedded.hasWaiting).toBe(true)
    // a frame of which nothing gets any further is work all the same
    expect(engine.router.doWork(100)).toBe(1)
    engine.embedded.settle()
    expect(await answer).toMatchObject({
      ...{ accepted: 0, refused: [0], retryable: false },
      reason: expect.stringMatching(/^malformed: /) as string,
    })
  })

  it('gives readings without a time their arrival, also after the wall clock was set', async () => {
    const seen: { time: number; value: number }[] = []
    const engine = await InlineEngine.open(recorder(seen))
    const { clock } = engine
    engine.process([{ device: 'pump', value: 1 }])
    const first = clock.epochMs()
    clock.ms += 40
    clock.epochOffsetMs += 3_600_000
    engine.process([{ device: 'pump', value: 2 }])
    expect(seen[0].time).toBeCloseTo(first, -1)
    expect(seen[1].time - seen[0].time).toBeCloseTo(3_600_040, -1)
  })

  it('says that it is gone', async () => {
    const engine = await InlineEngine.open()
    const { memory, plan } = engine.foundation
    const state = placeOf.routerAgent(plan) + A.AGENT_STATE
    engine.route()
    expect(observeCursor(memory.i32, state)).toBe(A.AGENT_RUNNING)
    engine.router.close()
    expect(observeCursor(memory.i32, state)).toBe(A.AGENT_OFF)
  })
})
