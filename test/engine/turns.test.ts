import { expect, it } from 'vitest'
import { parseConfig } from '../../src/engine/config/parse.ts'
import { AT_ONCE, AfterDurable, type Externalizer } from '../../src/engine/durability/externalizer.ts'
import { AlertLog } from '../../src/engine/durability/alert-log.ts'
import { EgressDesk } from '../../src/engine/egress-desk.ts'
import { layFoundation } from '../../src/engine/foundation.ts'
import type { AlertBook } from '../../src/alerts/alert-book.ts'
import type { Clock } from '../../src/core/clock.ts'
import { publishCursor } from '../../src/memory/atomics.ts'
import { CONTROL_EGRESS_TICKET } from '../../src/memory/layout/control.layout.ts'
import { EGRESS_EMIT } from '../../src/memory/layout/egress.layout.ts'
import { RING_JOURNAL_CURSOR, RING_ROUTE_CURSOR } from '../../src/memory/layout/ring.layout.ts'
import { placeOf } from '../../src/memory/memory-plan.ts'
import { EgressWriter } from '../../src/memory/rings/egress-ring.ts'
import { DeadLetters } from '../../src/observability/dead-letters.ts'

/** What workers say, taken in on a clock that each message moves on by a millisecond. */
async function openDesk(externalizerOf: (foundation: Foundation) => Externalizer) {
  const { config } = parseConfig({
    limits: { series: 1000, devices: 1000, ringBytes: 1 << 20, frameBytes: 1 << 18 },
  })
  const foundation = await layFoundation(config, 0)
  const { memory, plan } = foundation
  const time = { nowMs: 0 }
  const clock = { nowMs: () => time.nowMs } as Clock
  const heard: string[] = []
  const desk = new EgressDesk({
    ...{ foundation, clock, externalizer: externalizerOf(foundation), alertLog: new AlertLog() },
    ...{ names: { metric: () => '', region: () => '' }, alerts: {} as AlertBook },
    deadLetters: new DeadLetters(clock, 10),
    noted: () => () => undefined,
    onAnomaly: () => undefined,
    describe: () => ({ device: '', metric: '' }),
    onEmit: ({ topic }) => {
      time.nowMs++
      heard.push(topic)
    },
    onStream: () => undefined,
  })
  const tickets = plan.at.control + CONTROL_EGRESS_TICKET
  const writer = new EgressWriter(memory, placeOf.egress(plan, 0), tickets)
  const said = Array.from({ length: 50 }, (_, i) => `topic-${i}`)
  for (const topic of said)
    writer.offer(EGRESS_EMIT, new TextEncoder().encode(JSON.stringify({ topic, data: null })))
  return { foundation, desk, heard, said }
}

type Foundation = Awaited<ReturnType<typeof layFoundation>>

it('takes in a part of many messages in a turn, and the rest in the next ones', async () => {
  const { desk, heard, said } = await openDesk(() => AT_ONCE)
  let turns = 1
  while (!desk.drainForATurn()) {
    expect(heard.length).toBeLessThan(said.length)
    turns++
  }
  expect(turns).toBeGreaterThan(2)
  expect(heard).toEqual(said)
})

it('takes in all at once for who has to know', async () => {
  const { desk, heard, said } = await openDesk(() => AT_ONCE)
  desk.drain()
  expect(heard).toEqual(said)
})

it('tells what has become safe in turns, too, in its order', async () => {
  const { foundation, desk, heard, said } = await openDesk(
    ({ memory, plan }) => new AfterDurable(memory, plan),
  )
  const { memory, plan } = foundation
  const ring = placeOf.ringControl(plan, 0)
  publishCursor(memory.i32, ring + RING_ROUTE_CURSOR, 64)
  desk.drain()
  expect(heard).toEqual([])
  publishCursor(memory.i32, ring + RING_JOURNAL_CURSOR, 64)
  let turns = 1
  while (!desk.drainForATurn()) turns++
  expect(turns).toBeGreaterThan(2)
  expect(heard).toEqual(said)
})
