import { describe, expect, it } from 'vitest'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import type { WhenFull } from '../../../src/pipelines/state/shard-state.ts'
import { classOf, classWithin, wordsOf } from '../../../src/pipelines/state/size-class.ts'
import { SIZE_CLASSES } from '../../../src/pipelines/state/state.layout.ts'

const SHAPE = { words: 20, isEvictable: true }

function filled(whenFull: WhenFull): PipelineState {
  const pipeline = PipelineState.reserve({ bytes: 1, whenFull, layout: 'a' })
  const state = pipeline.part(0)
  const table = state.table(0, SHAPE)
  for (let i = 0; i < 2000; i++) {
    state.begin()
    table.findOrAdd(7, 7, undefined)
    table.findOrAdd(i, 1, i % 2 === 0 ? `key ${i}` : undefined)
    state.commit()
  }
  return pipeline
}

describe('PipelineState', () => {
  it('lets the keys go that were quiet longest when it is full', () => {
    const pipeline = filled('evict-oldest')
    const table = pipeline.part(0).table(0, SHAPE)
    const { evicted, refused, keys, usedBytes } = pipeline.figures()
    expect(refused).toBe(0)
    expect(evicted + keys).toBe(2001)
    expect(usedBytes).toBeLessThanOrEqual(65_536)
    expect(table.find(7, 7)).not.toBe(0)
    const kept = Array.from({ length: 2000 }, (_, i) => i).filter((i) => table.find(i, 1) !== 0)
    const meanAge = kept.reduce((sum, i) => sum + 2000 - i, 0) / kept.length
    expect(meanAge).toBeLessThan(2 * kept.length)
  })

  it('refuses new keys when it is full and told so', () => {
    const pipeline = filled('refuse-new')
    const table = pipeline.part(0).table(0, SHAPE)
    const { evicted, refused, keys } = pipeline.figures()
    expect(evicted).toBe(0)
    expect(refused + keys).toBe(2001)
    expect(table.find(0, 1)).not.toBe(0)
    expect(table.find(1999, 1)).toBe(0)
  })

  it('does not let go what the open transaction uses', () => {
    const state = PipelineState.reserve({ bytes: 1, whenFull: 'evict-oldest', layout: 'a' }).part(5)
    const table = state.table(0, SHAPE)
    state.begin()
    const rows = Array.from({ length: 2000 }, (_, i) => table.findOrAdd(i, 0, undefined))
    rows.forEach((row, i) => expect(table.find(i, 0)).toBe(row))
    expect(rows).toContain(0)
  })

  it('brings a snapshot back, and refuses that of another layout', () => {
    const pipeline = filled('evict-oldest')
    const other = PipelineState.reserve({ bytes: 1, whenFull: 'evict-oldest', layout: 'a' })
    const snapshot = pipeline.snapshot(0)
    const target = other.part(9)
    target.begin()
    target.table(0, SHAPE).findOrAdd(1, 2, 'gone')
    target.commit()
    expect(other.restore(9, snapshot)).toBe(true)
    expect(other.snapshot(9)).toEqual(snapshot)
    expect(other.part(9).table(0, SHAPE).find(1, 2)).toBe(0)
    expect(other.part(9).table(0, SHAPE).find(7, 7)).not.toBe(0)
    const stranger = PipelineState.reserve({ bytes: 1, whenFull: 'evict-oldest', layout: 'b' })
    expect(stranger.restore(9, snapshot)).toBe(false)
    expect(() => PipelineState.open(stranger.buffer, { whenFull: 'evict-oldest', layout: 'a' })).toThrow(
      /another/,
    )
  })

  it('refuses to open a table with another shape', () => {
    const part = filled('refuse-new').part(0)
    expect(() => part.table(0, { ...SHAPE, words: 24 })).toThrow('another shape')
    expect(() => part.table(0, { ...SHAPE, isEvictable: false })).toThrow('another shape')
  })

  it('has a size for every number of words, the next one up', () => {
    const isRight = (words: number): boolean => {
      const size = wordsOf(classOf(words))
      const fits = size >= words && size % 4 === 0 && size <= Math.max(words + 3, words * 1.25)
      return fits && (words < 4 || wordsOf(classWithin(words)) <= words)
    }
    expect(Array.from({ length: 20_000 }, (_, i) => i + 1).filter((words) => !isRight(words))).toEqual([])
    expect(classOf(2 ** 30)).toBeLessThan(SIZE_CLASSES)
  })
})
