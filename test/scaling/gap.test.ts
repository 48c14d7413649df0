import { describe, expect, it } from 'vitest'
import { Gap } from '../../src/scaling/gap.ts'

describe('Gap', () => {
  it('is none while nothing is wished or nothing is known', () => {
    const gap = new Gap()
    expect(gap.behindMs(1000)).toBe(0)
    gap.observed(3, 1000)
    expect(gap.behindMs(2000)).toBe(0)
    const unknown = new Gap()
    unknown.wish(3, 0)
    expect(unknown.behindMs(1000)).toBe(0)
  })

  it('begins with the wish that is not met', () => {
    const gap = new Gap()
    gap.observed(3, 0)
    gap.wish(5, 1000)
    gap.wish(5, 2000)
    gap.observed(4, 3000)
    expect(gap.behindMs(4000)).toBe(3000)
    gap.observed(5, 5000)
    expect(gap.behindMs(9000)).toBe(0)
  })

  it('begins anew when units are lost that were there', () => {
    const gap = new Gap()
    gap.wish(5, 0)
    gap.observed(5, 10_000)
    gap.observed(3, 11_000)
    expect(gap.behindMs(12_000)).toBe(2000)
  })

  it('is as long as a target is behind a ramp, not as long as the ramp', () => {
    const gap = new Gap()
    for (let step = 0; step < 200; step++) {
      gap.wish(10 + step, step * 1000)
      gap.observed(Math.max(5, 10 + step - 3), step * 1000 + 500)
    }
    expect(gap.behindMs(199_500)).toBe(2500)
  })

  it('is as old as the first wish of a ramp that a target does not follow', () => {
    const gap = new Gap()
    gap.observed(1, 0)
    for (let step = 0; step < 200; step++) gap.wish(10 + step, step * 1000)
    expect(gap.behindMs(200_000)).toBe(200_000)
  })

  it('counts too many units as well, anew when the wish changes sides', () => {
    const gap = new Gap()
    gap.observed(5, 0)
    gap.wish(8, 0)
    gap.wish(2, 60_000)
    expect(gap.behindMs(61_000)).toBe(1000)
  })
})
