import { describe, expect, it } from 'vitest'
import { ReplayProgress } from '../../../src/engine/durability/replay-progress.ts'
import type { Segment } from '../../../src/storage/journal/segment.ts'

const segment = (name: string, segmentBytes?: number): Pick<Segment, 'name' | 'header'> => ({
  name,
  header: segmentBytes === undefined ? undefined : { createdMs: 0, segmentBytes },
})

describe('ReplayProgress', () => {
  it('counts bytes, from the first record that is read', () => {
    const progress = new ReplayProgress([segment('a', 1000), segment('b', 1000), segment('c', 2000)])
    expect(progress.share({ segment: 'b', offset: 0 })).toBe(0)
    expect(progress.share({ segment: 'b', offset: 600 })).toBeCloseTo(0.2)
    expect(progress.share({ segment: 'c', offset: 500 })).toBeCloseTo(0.5)
    expect(progress.share({ segment: 'c', offset: 2000 })).toBe(1)
  })

  it('says something of segments whose header is damaged, or that have come since', () => {
    const progress = new ReplayProgress([segment('a'), segment('b', 1000)])
    expect(progress.share({ segment: 'a', offset: 0 })).toBe(0)
    expect(progress.share({ segment: 'new', offset: 9 })).toBe(1)
    expect(new ReplayProgress([]).share({ segment: 'new', offset: 9 })).toBe(0)
  })
})
