import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observeCursor, publishCursor } from '../../../src/memory/atomics.ts'
import * as L from '../../../src/memory/layout/ring.layout.ts'
import { type MemoryPlan, placeOf, planMemory } from '../../../src/memory/memory-plan.ts'
import { SpscFrameProducer } from '../../../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../../../src/memory/shared-memory.ts'
import { framesOf } from '../../../src/storage/journal/frames.ts'
import { JournalAgent } from '../../../src/storage/journal/journal-agent.ts'
import { JournalCounters } from '../../../src/storage/journal/journal-counters.ts'
import { readStorageState, type StorageState } from '../../../src/storage/journal/storage-state.ts'
import { ManualClock, openJournal, readJournal } from './journal-rig.ts'
import { MemoryDisk } from './memory-disk.ts'

const RING_BYTES = 1 << 14
const READING_OFFSET = 8
const EVERY_MS = 5
const EVERY_BYTES = 4096

/** Rings with producers, a router that only moves its cursor, and the agent. */
class Rig {
  readonly clock = new ManualClock()
  readonly plan: MemoryPlan
  readonly memory: SharedMemory
  readonly producers: SpscFrameProducer[]
  readonly agent: JournalAgent
  readonly disk: MemoryDisk
  readonly states: StorageState[] = []
  durableCalls = 0

  constructor(rings = 2, disk = new MemoryDisk(), segmentBytes = 1 << 16, everyMs = EVERY_MS) {
    this.disk = disk
    this.plan = planMemory({
      ...{ series: 100, devices: 10, ringBytes: RING_BYTES, rings, backlogBytes: 1 << 16, workers: 1 },
      ...{ limitsDeviceRate: false, shardStateBytes: 0 },
    })
    this.memory = viewMemory(reserveMemory(this.plan.totalBytes))
    this.producers = Array.from(
      { length: rings },
      (_, ring) =>
        new SpscFrameProducer(this.memory, this.#control(ring), this.#data(ring), RING_BYTES, {
          isDurable: true,
        }),
    )
    this.agent = new JournalAgent({
      ...{ memory: this.memory, plan: this.plan, clock: this.clock },
      journal: openJournal(disk, 1, { segmentBytes }, this.clock),
      options: { everyMs, everyBytes: EVERY_BYTES, segmentBytes },
      onDurable: () => this.durableCalls++,
      onState: (state) => this.states.push(state),
    })
  }

  /** Commits a frame to a ring; false when there is no room. */
  send(ring: number, readings: number, seq: number): boolean {
    const producer = this.producers[ring]
    producer.settle(() => undefined)
    const bytes = READING_OFFSET + 32 * readings
    const at = producer.claim(bytes, readings)
    if (at === 0) return false
    this.memory.bytes.fill(seq & 0xff, at, at + bytes)
    producer.commit(READING_OFFSET, readings, ring, seq, this.clock.now)
    return true
  }

  /** The router passes everything. */
  route(ring: number): void {
    const control = this.#control(ring)
    publishCursor(
      this.memory.i32,
      control + L.RING_ROUTE_CURSOR,
      observeCursor(this.memory.i32, control + L.RING_WRITE_CURSOR),
    )
  }

  lagOf(ring: number): number {
    const control = this.#control(ring)
    const at = (offset: number): number => observeCursor(this.memory.i32, control + offset)
    return (at(L.RING_ROUTE_CURSOR) - at(L.RING_JOURNAL_CURSOR)) >>> 0
  }

  positionOf(ring: number): number {
    return this.memory.f64[(this.#control(ring) + L.RING_JOURNAL_POSITION) >>> 3]
  }

  refusedTiers(): number {
    return readStorageState(this.memory, this.plan).refusedTiers
  }

  /** Lets time pass in steps, with the agent working. */
  run(ms: number, stepMs = 1): void {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.now += stepMs
      this.agent.doWork(1000)
    }
  }

  /** (ring, seq) of all frames on the medium, by record order. */
  written(disk = this.disk.afterPowerCut()): [number, number][] {
    return readJournal(disk).records.flatMap(({ ring, payload }) =>
      [...framesOf(payload)].map(({ seq }): [number, number] => [ring, seq]),
    )
  }

  #control(ring: number): number {
    return placeOf.ringControl(this.plan, ring)
  }

  #data(ring: number): number {
    return placeOf.ring(this.plan, ring)
  }
}

describe('JournalAgent', () => {
  it('writes what the router has passed, and only that', () => {
    const rig = new Rig()
    rig.send(1, 3, 1)
    rig.run(20)
    expect(rig.written()).toEqual([])
    rig.route(1)
    rig.send(1, 3, 2)
    expect(rig.lagOf(1)).toBeGreaterThan(0)
    rig.run(10)
    expect(rig.written()).toEqual([[1, 1]])
    expect(rig.lagOf(1)).toBe(0)
    expect(rig.durableCalls).toBe(1)
    expect(new JournalCounters(rig.memory, rig.plan.at.control).read()).toMatchObject({
      ...{ durableSequence: 1, records: 1, commits: 1, failures: 0 },
    })
  })

  it('commits the first frame after idleness at once, and the next ones at the interval or when they are many', () => {
    const rig = new Rig()
    const send = (readings: number, seq: number): void => {
      rig.send(0, readings, seq)
      rig.route(0)
    }
    send(1, 1)
    expect(rig.agent.nextDueMs()).toBeLessThanOrEqual(rig.clock.now)
    rig.agent.doWork(1000)
    expect(rig.written()).toHaveLength(1)
    send(1, 2)
    rig.run(EVERY_MS - 1)
    expect(rig.written()).toHaveLength(1)
    expect(rig.agent.nextDueMs()).toBeLessThanOrEqual(rig.clock.now + 1)
    rig.run(1)
    expect(rig.written()).toHaveLength(2)
    send(EVERY_BYTES / 32, 3)
    rig.agent.doWork(1000)
    expect(rig.written()).toHaveLength(3)
  })

  it('does not take the distance of commits for a slow disk', () => {
    const everyMs = 1000
    const rig = new Rig(2, new MemoryDisk(), 1 << 16, everyMs)
    for (let seq = 1; seq <= 20; seq++) {
      expect(rig.send(1, 1, seq)).toBe(true)
      rig.route(1)
      rig.run(everyMs / 4, 10)
    }
    expect(rig.states).toEqual([])
    expect(rig.written().length).toBeGreaterThanOrEqual(16)
  })

  it('writes ring 0 first, so that a change of the registry is there before the frames that depend on it', () => {
    const rig = new Rig(3)
    for (const ring of [2, 1, 0]) {
      rig.send(ring, 1, ring + 10)
      rig.route(ring)
    }
    rig.agent.doWork(1)
    expect(rig.written()[0]).toEqual([0, 10])
  })

  it('has every frame once, in the order of its ring, whatever the sizes and the moments of commits', () => {
    const step = fc.record({
      ring: fc.nat(2),
      readings: fc.nat(120),
      routes: fc.boolean(),
      ms: fc.nat(7),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), fc.nat(200), (steps, limit) => {
        const rig = new Rig(3)
        const sent: number[][] = [[], [], []]
        for (const [i, { ring, readings, routes, ms }] of steps.entries()) {
          if (rig.send(ring, readings, i + 1)) sent[ring].push(i + 1)
          if (routes) rig.route(ring)
          rig.clock.now += ms
          rig.agent.doWork(limit + 1)
        }
        flush(rig)
        const written = rig.written()
        for (const ring of [0, 1, 2])
          expect(written.filter(([of]) => of === ring).map(([, seq]) => seq)).toEqual(sent[ring])
        checkPositions(rig)
      }),
      { numRuns: 40 },
    )
  })

  it('refuses everything while writing fails, tries again, and admits again tier by tier', () => {
    const rig = new Rig()
    rig.disk.fault = (call) => (call === 'fdatasync' ? 'EIO' : undefined)
    rig.send(1, 2, 1)
    rig.route(1)
    rig.run(500, 5)
    expect(rig.refusedTiers()).toBe(4)
    expect(rig.agent.state).toMatchObject({ status: 'failing', cause: 'EIO', refusedTiers: 4 })
    expect(rig.lagOf(1)).toBeGreaterThan(0)
    expect(rig.durableCalls).toBe(0)
    const attempts = rig.disk.calls.filter((call) => call.startsWith('fdatasync')).length
    expect(attempts).toBeLessThan(20)
    rig.disk.fault = () => undefined
    rig.run(6000, 5)
    expect(rig.written()).toEqual([[1, 1]])
    expect(rig.lagOf(1)).toBe(0)
    expect(rig.refusedTiers()).toBe(0)
    const refused = rig.states.map(({ refusedTiers }) => refusedTiers)
    expect(refused).toEqual([4, 4, 3, 2, 1, 0])
    expect(rig.states.at(-1)).toMatchObject({ status: 'ok', cause: 'none', message: '' })
  })

  it('refuses by tier as room runs out, and admits again when there is room', () => {
    const disk = new MemoryDisk()
    const segmentBytes = 1 << 16
    disk.capacity = 8 * segmentBytes
    const rig = new Rig(1, disk, segmentBytes)
    const seen = new Set<number>()
    for (let seq = 1; seq < 1000 && rig.refusedTiers() < 3; seq++) {
      rig.send(0, 30, seq)
      rig.route(0)
      rig.run(6)
      seen.add(rig.refusedTiers())
    }
    rig.run(3000, 5)
    expect([...seen, rig.refusedTiers()].sort()).toEqual(expect.arrayContaining([0, 1, 2, 3]))
    expect(rig.agent.state.status).toBe('slow')
    expect(['room', 'ENOSPC']).toContain(rig.agent.state.cause)
    disk.capacity = Infinity
    rig.run(5000, 5)
    expect(rig.refusedTiers()).toBe(0)
    expect(rig.agent.state.status).toBe('ok')
  })

  it('leaves the next checkpoint its room, and writes into it only what was taken already', () => {
    const disk = new MemoryDisk()
    const segmentBytes = 1 << 14
    disk.capacity = 16 * segmentBytes
    const rig = new Rig(1, disk, segmentBytes)
    const counters = new JournalCounters(rig.memory, rig.plan.at.control)
    counters.reserve(6 * segmentBytes)
    for (let seq = 1; seq < 1000 && rig.refusedTiers() < 4; seq++) {
      rig.send(0, 30, seq)
      rig.route(0)
      rig.run(250)
    }
    expect(rig.refusedTiers()).toBe(4)
    expect(disk.freeBytes()).toBeGreaterThanOrEqual(6 * segmentBytes)
    // by the checkpoint the journal can let go of what it has, and all are admitted again
    counters.retire(counters.read().durableSequence)
    rig.run(6000, 5)
    expect(rig.refusedTiers()).toBe(0)
  })

  it('lets go of what the main thread says is not needed', () => {
    const rig = new Rig(1, new MemoryDisk(), 1 << 14)
    const counters = new JournalCounters(rig.memory, rig.plan.at.control)
    for (let seq = 1; seq < 200; seq++) {
      rig.send(0, 30, seq)
      rig.route(0)
      rig.run(6)
    }
    const before = readJournal(rig.disk).records.length
    counters.retire(counters.read().durableSequence - 5)
    rig.run(1000, 5)
    const { records, findings } = readJournal(rig.disk)
    expect(records.length).toBeLessThan(before / 4)
    expect(findings).toEqual([])
  })

  it('commits what waits when it is closed', () => {
    const rig = new Rig()
    for (const ring of [0, 1]) rig.send(ring, 2, ring + 1)
    for (const ring of [0, 1]) rig.route(ring)
    rig.agent.close()
    expect(rig.written()).toHaveLength(2)
  })
})

function flush(rig: Rig): void {
  for (const ring of rig.producers.keys()) rig.route(ring)
  rig.run(20, 5)
  for (const ring of rig.producers.keys()) while (rig.lagOf(ring) > 0) rig.run(5, 5)
}

/** A record's position is where its first frame was committed: the rest up to the next one is padding. */
function checkPositions(rig: Rig): void {
  const ends = [0, 0, 0]
  for (const { ring, position, payload } of readJournal(rig.disk).records) {
    expect(position).toBeGreaterThanOrEqual(ends[ring])
    if (position > ends[ring]) expect(position % RING_BYTES).toBe(0)
    ends[ring] = position + payload.length
  }
  for (const [ring, end] of ends.entries()) expect(rig.positionOf(ring)).toBeGreaterThanOrEqual(end)
}
