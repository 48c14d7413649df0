import { describe, expect, it } from 'vitest'
import { DemandBook } from '../../src/scaling/demand-book.ts'

describe('DemandBook', () => {
  it('knows what has wanted in of each kind of demand, and how much there is now; of others it says nothing', () => {
    const book = new DemandBook([
      { tier: 'premium', region: 'europe' },
      { tier: 'bulk', region: 'asia' },
    ])
    expect(book.list()).toEqual([])
    book.take(Float64Array.of(100, 0), 2000)
    expect(book.list()).toEqual([{ tier: 'premium', region: 'europe', perSecond: 50, total: 100 }])
    book.take(Float64Array.of(0, 7), 1000)
    expect(book.list()).toEqual([
      { tier: 'premium', region: 'europe', perSecond: 0, total: 100 },
      { tier: 'bulk', region: 'asia', perSecond: 7, total: 7 },
    ])
  })
})
