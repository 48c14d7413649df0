import { describe, expect, it } from 'vitest'
import { Fifo } from '../../../src/simulation/world/fifo.ts'
import { Latencies } from '../../../src/simulation/world/latencies.ts'
import { Tracks } from '../../../src/simulation/world/tracks.ts'

const SHARES = [70, 25, 5]
const ROOM = 1e9

/** Steps of a second, each with the same readings: events, critical, premium, standard, bulk. */
function run(tracks: Tracks, arriving: readonly number[], work: number, seconds = 1, room = ROOM) {
  const waits: { track: number; amount: number; ms: number }[] = []
  const served = new Float64Array(5)
  const refused = new Float64Array(5)
  for (let second = 0; second < seconds; second++) {
    const step = { fromMs: second * 1000, ms: 1000, arriving: Float64Array.from(arriving), work, room }
    tracks.step(step, (track, amount, ms) => waits.push({ track, amount, ms }))
    tracks.served.forEach((amount, track) => (served[track] += amount))
    tracks.refused.forEach((amount, track) => (refused[track] += amount))
  }
  const longest = (track: number) =>
    Math.max(0, ...waits.filter((wait) => wait.track === track).map(({ ms }) => ms))
  return { served: [...served].map(Math.round), refused: [...refused].map(Math.round), longest }
}

describe('Tracks', () => {
  it('serve everything at once while there is work enough', () => {
    const { served, longest } = run(new Tracks(SHARES), [0, 10, 20, 30, 40], 100)
    expect(served).toEqual([0, 10, 20, 30, 40])
    expect([1, 2, 3, 4].map(longest)).toEqual([0, 0, 0, 0])
  })

  it('serve events and critical before all others', () => {
    const { served } = run(new Tracks(SHARES), [40, 50, 1000, 1000, 1000], 100)
    expect(served.slice(0, 2)).toEqual([40, 50])
    expect(served.slice(2).reduce((sum, amount) => sum + amount)).toBe(10)
  })

  it('give the others their shares under overload', () => {
    const { served } = run(new Tracks(SHARES), [0, 0, 10_000, 10_000, 10_000], 1000, 60)
    const all = 60 * 1000
    expect(served[2] / all).toBeCloseTo(0.7, 1)
    expect(served[3] / all).toBeCloseTo(0.25, 1)
    expect(served[4] / all).toBeCloseTo(0.05, 1)
  })

  it('give a share that is not used to whoever has work', () => {
    const { served, longest } = run(new Tracks(SHARES), [0, 0, 100, 0, 10_000], 1000, 10)
    expect(served[2]).toBe(1000)
    expect(served[4]).toBe(9000)
    expect(longest(2)).toBeLessThan(200)
  })

  it('refuse the lowest tier first, and only what has just come', () => {
    const tracks = new Tracks(SHARES)
    const { refused, served } = run(tracks, [0, 100, 100, 200, 2000], 500, 20, 4000)
    expect(refused.slice(0, 4)).toEqual([0, 0, 0, 0])
    expect(refused[4]).toBeGreaterThan(0)
    // half of the room stays free for those above
    expect(tracks.backlog).toBeLessThanOrEqual(2000)
    const came = 20 * 2400
    expect(Math.round(served.reduce((a, b) => a + b) + refused[4] + tracks.backlog)).toBe(came)
  })

  it('have room for critical when all others are refused', () => {
    const { refused } = run(new Tracks(SHARES), [0, 300, 5000, 5000, 5000], 400, 20, 10_000)
    expect(refused[1]).toBe(0)
    expect(refused[2]).toBeGreaterThan(0)
    expect(refused[3]).toBeGreaterThan(refused[2])
  })

  it('wait as long as it takes to do what is before them', () => {
    // 1,500 come per second and 1,000 are done: after ten seconds 5,000 wait, which take five
    const { longest } = run(new Tracks(SHARES), [0, 0, 1500, 0, 0], 1000, 30)
    expect(longest(2)).toBeGreaterThan(9000)
    expect(longest(2)).toBeLessThan(10_500)
  })

  it('lose or keep a share of what waits when a node dies', () => {
    const tracks = new Tracks(SHARES)
    run(tracks, [0, 0, 2000, 0, 0], 1000)
    const taken = tracks.take(0.25)
    expect(tracks.backlog).toBeCloseTo(750)
    tracks.giveBack(taken)
    expect(tracks.backlog).toBeCloseTo(1000)
  })
})

describe('Fifo', () => {
  it('tells how long each part has waited', () => {
    const fifo = new Fifo()
    fifo.push(100, 0, 1000)
    const waits: [number, number][] = []
    fifo.serve(50, 2000, 0.1, (amount, ms) => waits.push([amount, ms]))
    // the first half came at 250 on average, and left between 2000 and 2500
    expect(waits).toEqual([[50, 2000]])
    expect(fifo.amount).toBe(50)
  })
})

describe('Latencies', () => {
  it('finds quantiles between the edges of a bin, so that what is even is nearly exact', () => {
    const latencies = new Latencies()
    for (let ms = 1; ms <= 1000; ms++) latencies.add(1, ms)
    for (const share of [0.5, 0.9, 0.95])
      expect(Math.abs(latencies.quantile(share) / (1000 * share) - 1)).toBeLessThan(0.01)
    // what fills a bin only in part is known within nine percent
    expect(latencies.quantile(0.99) / 990).toBeGreaterThan(0.99)
    expect(latencies.quantile(0.99) / 990).toBeLessThan(1.05)
    latencies.clear()
    expect(latencies.quantile(0.5)).toBeNaN()
  })
})
