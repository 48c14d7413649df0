import { describe, expect, it } from 'vitest'
import { ROOT, runNode } from './run.ts'

const example = async (file: string) => {
  const { code, out, err } = await runNode(`${ROOT}examples/${file}`)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out.trimEnd().split('\n')
}

describe('examples/embedding', () => {
  it('takes readings, raises an alert and ends with everything processed', async () => {
    const lines = await example('embedding/main.js')
    expect(lines).toContainEqual(expect.stringMatching(/^raised: pump-7 95 is .* above the mean/))
    expect(lines).toContainEqual(expect.stringMatching(/^resolved: pump-7 /))
    expect(lines).toContain('accepted 200, refused 0')
    expect(lines.at(-1)).toBe('processed 1200 readings of 1 series, 0 in flight')
  })
})

describe('examples/pipeline', () => {
  it('raises an alert after five warm readings, clears it, and emits the opened door', async () => {
    const lines = await example('pipeline/main.js')
    const tooWarm = 'too-warm: freezer-3 2 °C, over -10 °C for 5 readings'
    expect(lines.filter((line) => line.includes('too-warm'))).toEqual([
      `raised ${tooWarm}`,
      `resolved ${tooWarm}`,
    ])
    expect(lines).toContainEqual(
      expect.stringMatching(/^emit door-opened: \{"device":\d+,"time":1767231600000,"value":2\}$/),
    )
    expect(lines.at(-1)).toBe('processed 140 of 140, dead-lettered 0')
  })
})

describe('examples/client', () => {
  it('sends by name and by number and ends with everything acknowledged', async () => {
    const lines = await example('client/main.js')
    expect(lines[0]).toBe('connected')
    expect(lines.at(-1)).toBe('acknowledged 10024, gave up 0, unsettled 0')
  })
})

describe('examples/durable', () => {
  it('is killed while it takes readings, and finds every acknowledged one again', async () => {
    const lines = await example('durable/main.js')
    expect(lines.at(-1)).toBe('lost: 0')
    const acknowledged = Number(/^killed after (\d+) readings were acknowledged$/.exec(lines[0])![1])
    const found = Number(/^taken in again: (\d+)$/.exec(lines[1])![1])
    expect(acknowledged).toBeGreaterThanOrEqual(5000)
    // with what was on the disk and not answered yet: a frame at most
    expect(found - acknowledged).toBeLessThanOrEqual(100)
  })
})
