import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { DeadLetters } from '../../src/observability/dead-letters.ts'
import { Quarantine } from '../../src/observability/quarantine.ts'
import { Rate } from '../../src/observability/rate.ts'

const time = { ms: 0 }
const clock: Clock = {
  nowMs: () => time.ms,
  epochMs: () => 1e12 + time.ms,
  every: () => () => {},
  after: () => () => {},
}

describe('Quarantine', () => {
  it('keeps the first 256 bytes of the last inputs, latest first', () => {
    const quarantine = new Quarantine(clock, 2)
    quarantine.add('not-json', '10.0.0.1', Buffer.from('{'))
    quarantine.add('bad-frame', '10.0.0.2', new Uint8Array(0))
    quarantine.add('too-large', '10.0.0.3', new Uint8Array(300).fill(7))
    const [latest, before, ...others] = quarantine.recent(10)
    expect(others).toEqual([])
    expect(latest).toMatchObject({ at: 1e12, cause: 'too-large', source: '10.0.0.3', size: 300 })
    expect(Buffer.from(latest.bytes, 'base64')).toEqual(Buffer.alloc(256, 7))
    expect(before).toMatchObject({ cause: 'bad-frame', bytes: '', size: 0 })
    expect(quarantine.seen).toBe(3)
    expect(quarantine.recent(1)).toEqual([latest])
    expect(quarantine.recent(0)).toEqual([])
  })

  it('keeps a copy of a buffer that is used again, and only its own part of it', () => {
    const quarantine = new Quarantine(clock, 2)
    const buffer = new Uint8Array([1, 2, 3, 4])
    quarantine.add('bad-frame', 'x', buffer.subarray(1, 3))
    buffer.fill(0)
    expect(quarantine.recent(1)[0].bytes).toBe(Buffer.from([2, 3]).toString('base64'))
  })
})

describe('DeadLetters', () => {
  it('keeps the last readings given up, latest first', () => {
    const letters = new DeadLetters(clock, 1)
    const reading = { device: 'pump-7', metric: 'value', series: '65537', time: 5, value: 1 }
    letters.add(reading, 'first', 'mine')
    letters.add(reading, 'TypeError: x is undefined', 'mine')
    expect(letters.recent(5)).toEqual([
      { id: 2, at: 1e12, reading, cause: 'TypeError: x is undefined', pipeline: 'mine', node: '' },
    ])
    expect(letters.seen).toBe(2)
  })
})

describe('what senders and user code write', () => {
  it('is kept up to a length', () => {
    const quarantine = new Quarantine(clock, 1)
    quarantine.add('not-json', 'x'.repeat(5000), Buffer.from('{'))
    expect(quarantine.recent(1)[0].source.length).toBe(256)
    const letters = new DeadLetters(clock, 1)
    letters.add({ device: 'a', metric: 'value', series: '1', time: 1, value: 2 }, 'x'.repeat(5000), 'mine')
    expect(letters.recent(1)[0].cause.length).toBe(1024)
  })
})

describe('Rate', () => {
  it('is the rise per second over the span', () => {
    const rate = new Rate(clock, 2000)
    expect(rate.perSecond()).toBe(0)
    for (const total of [0, 100, 300, 600]) {
      rate.sample(total)
      time.ms += 1000
    }
    expect(rate.perSecond()).toBe(250)
  })

  it('is 0 while no time has passed', () => {
    const rate = new Rate(clock, 2000)
    rate.sample(0)
    rate.sample(100)
    expect(rate.perSecond()).toBe(0)
  })
})
