import { describe, expect, it } from 'vitest'
import { Capacity } from '../../../src/simulation/world/capacity.ts'
import { Senders } from '../../../src/simulation/world/senders.ts'

const capacityOf = (units: number) =>
  new Capacity({ units, start: { least: 10_000, most: 10_000 }, detectMs: 5000, random: () => 0.5 })

describe('Capacity', () => {
  it('starts what is asked for, which takes its time', () => {
    const capacity = capacityOf(2)
    capacity.ask(5)
    capacity.step(0, Infinity)
    expect([capacity.ready, capacity.starting]).toEqual([2, 3])
    capacity.step(9999, Infinity)
    expect(capacity.ready).toBe(2)
    capacity.step(10_000, Infinity)
    expect([capacity.ready, capacity.starting]).toEqual([5, 0])
  })

  it('knows since its last step whether another number was asked for', () => {
    const capacity = capacityOf(2)
    capacity.ask(2)
    expect(capacity.isAsked).toBe(false)
    capacity.ask(3)
    capacity.ask(3)
    expect(capacity.isAsked).toBe(true)
    capacity.step(0, 2)
    expect(capacity.isAsked).toBe(false)
  })

  it('knows when something will happen next', () => {
    const capacity = capacityOf(2)
    expect(capacity.nextMs).toBe(Infinity)
    capacity.ask(3)
    capacity.step(0, Infinity)
    expect(capacity.nextMs).toBe(10_000)
    capacity.crash(1, 1000)
    expect(capacity.nextMs).toBe(6000)
    capacity.step(6000, Infinity)
    capacity.step(10_000, Infinity)
    expect(capacity.nextMs).toBe(16_000)
    capacity.step(16_000, Infinity)
    expect(capacity.nextMs).toBe(Infinity)
  })

  it('stops those first that are furthest from being ready', () => {
    const capacity = capacityOf(2)
    capacity.ask(4)
    capacity.step(0, Infinity)
    capacity.ask(1)
    capacity.step(1000, Infinity)
    expect([capacity.ready, capacity.starting]).toEqual([1, 0])
  })

  it('replaces what has died once that is noticed', () => {
    const capacity = capacityOf(3)
    expect(capacity.crash(2, 1000)).toBe(2)
    capacity.step(1000, Infinity)
    expect([capacity.ready, capacity.starting]).toEqual([1, 0])
    capacity.step(6000, Infinity)
    expect([capacity.ready, capacity.starting]).toEqual([1, 2])
    capacity.step(16_000, Infinity)
    expect(capacity.ready).toBe(3)
  })

  it('gets no more than there is', () => {
    const capacity = capacityOf(1)
    capacity.ask(10)
    capacity.step(0, 4)
    capacity.step(10_000, 4)
    expect(capacity.ready).toBe(4)
    capacity.step(10_000, Infinity)
    capacity.step(20_000, Infinity)
    expect(capacity.ready).toBe(10)
  })
})

describe('Senders', () => {
  it('send again what was refused, all of it', () => {
    const senders = new Senders(60_000, 2000)
    expect(senders.refused(4, 1000, 1000, 1000)).toBe(0)
    let again = 0
    for (let step = 0; step < 1000; step++) again += senders.again(4, 100)
    expect(again).toBeCloseTo(1000)
    expect(senders.kept).toBe(0)
  })

  it('lose what they have no room for', () => {
    const senders = new Senders(10_000, 2000)
    // they send 1 per ms, so they have room for 10,000
    expect(senders.refused(4, 8000, 1000, 1000)).toBe(0)
    expect(senders.refused(4, 8000, 1000, 1000)).toBe(6000)
  })
})
