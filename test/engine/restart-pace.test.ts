import { describe, expect, it } from 'vitest'
import { RestartPace } from '../../src/engine/restart-pace.ts'
import { counting } from './recorded.ts'

const failing = (pace: RestartPace, times: number, everyMs: number, fromMs = 0) =>
  counting(times).map((i) => pace.failed(fromMs + i * everyMs))

describe('RestartPace', () => {
  it('replaces at once as often as it takes to find one reading in a slice', () => {
    expect(failing(new RestartPace(), 10, 1)).toEqual(counting(10).map(() => 0))
  })

  it('takes its time, and more each time, over what goes on failing', () => {
    expect(failing(new RestartPace(), 20, 1).slice(10)).toEqual(
      [10, 20, 40, 80, 160, 320, 640].concat([1000, 1000, 1000]),
    )
  })

  it('begins again after ten seconds without a failure', () => {
    const pace = new RestartPace()
    failing(pace, 20, 1)
    expect(failing(pace, 10, 1, 10_100)).toEqual(counting(10).map(() => 0))
  })

  it('never holds up what fails now and then', () => {
    expect(new Set(failing(new RestartPace(), 100, 10_001))).toEqual(new Set([0]))
  })
})
