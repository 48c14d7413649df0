import { describe, expect, it } from 'vitest'
import { ServiceRate } from '../../src/scaling/service-rate.ts'

describe('ServiceRate', () => {
  it('is not known before there was something to do', () => {
    const rate = new ServiceRate()
    rate.measure(0, 500, 0.5)
    rate.measure(10, 1, 0.001)
    expect(rate.perSecond).toBe(0)
    rate.measure(100, 50, 0.05)
    expect(rate.perSecond).toBe(2000)
  })

  it('is not lowered by seconds with little to do, and is raised by them', () => {
    const rate = new ServiceRate(1000)
    rate.measure(10, 100, 0.1)
    expect(rate.perSecond).toBe(1000)
    rate.measure(200, 100, 0.1)
    expect(rate.perSecond).toBe(1200)
  })

  it('follows in both directions where there is enough to do', () => {
    const rate = new ServiceRate(1000)
    for (let i = 0; i < 50; i++) rate.measure(400, 800, 0.8)
    expect(rate.perSecond).toBeCloseTo(500, 0)
  })
})
