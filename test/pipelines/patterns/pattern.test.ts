import { describe, expect, it } from 'vitest'
import { pipeline } from '../../../src/pipelines/builder/pipeline.ts'
import { testPipeline } from '../../../src/testing/index.ts'

const readings = pipeline('house', { metrics: ['door', 'motion', 'beat'], lateness: '5s' })
const forced = readings.pattern(
  (p) =>
    p
      .begin('door', (r) => r.metric === 'door' && r.value === 1)
      .followedBy('motion', (r) => r.metric === 'motion'),
  { by: 'device', within: '10s' },
)

const at = (device: string, metric: string, value: number, time: string) => ({
  device,
  metric,
  value,
  at: time,
})

describe('patterns in a pipeline', () => {
  it('give matches with their items by name, the key, start and end', () => {
    const t = testPipeline(forced)
    t.send(at('h1', 'door', 1, '0s'), at('h2', 'door', 1, '1s'), at('h1', 'motion', 3, '4s'))
    expect(t.results('pattern-1')).toEqual([])
    t.finish()
    const [match, ...others] = t.results<Record<string, Record<string, unknown>>>('pattern-1')
    expect(others).toEqual([])
    expect(match).toMatchObject({ device: 'h1', door: { value: 1, metric: 'door' }, motion: { value: 3 } })
    expect(Number(match.end) - Number(match.start)).toBe(4000)
  })

  it('go by event time within the lateness', () => {
    const t = testPipeline(forced)
    t.send(at('h1', 'motion', 3, '4s'), at('h1', 'door', 1, '0s')).finish()
    expect(t.results('pattern-1')).toHaveLength(1)
    const late = testPipeline(forced)
    late
      .send(at('h1', 'motion', 3, '14s'))
      .send(at('h1', 'door', 1, '8s'))
      .finish()
    expect(late.results('pattern-1')).toHaveLength(0)
    expect(late.late).toBe(1)
  })
})
