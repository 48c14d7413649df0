import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

describe('VirtualClock', () => {
  it('passes only when told to, both scales alike', () => {
    const clock = new VirtualClock(1000)
    clock.advance(5)
    clock.advance(2.5)
    expect([clock.nowMs(), clock.epochMs()]).toEqual([7.5, 1007.5])
  })

  it('runs timers at their time, in their order', () => {
    const clock = new VirtualClock()
    const seen: string[] = []
    clock.after(25, () => seen.push(`once at ${clock.nowMs()}`))
    const end = clock.every(10, () => seen.push(`tick at ${clock.nowMs()}`))
    clock.advance(30)
    end()
    clock.after(5, () => seen.push('never'))()
    clock.advance(100)
    expect(seen).toEqual(['tick at 10', 'tick at 20', 'once at 25', 'tick at 30'])
    expect(clock.nowMs()).toBe(130)
  })

  it('lets a task take time and start others', () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    clock.after(1, () => {
      clock.advance(5)
      clock.after(1, () => seen.push(clock.nowMs()))
    })
    clock.advance(10)
    expect([...seen, clock.nowMs()]).toEqual([7, 10])
  })
})
