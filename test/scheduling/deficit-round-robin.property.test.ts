import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeficitRoundRobin } from '../../src/scheduling/deficit-round-robin.ts'

const SEED = 20260501
const ROUND = 1000

/** Serves queues of the given lengths in slices until `total` is done or nothing is left; returns what each got. */
function serve(turns: DeficitRoundRobin, queues: number[], slice: number, total = Infinity): number[] {
  const served = queues.map(() => 0)
  for (let done = 0; done < total;) {
    const turn = turns.next((index) => queues[index] > 0)
    if (turn === undefined) break
    // as a worker does: whole slices until the budget is used up
    let spent = 0
    while (spent < turn.budget && queues[turn.index] > 0) {
      const size = Math.min(slice, queues[turn.index])
      queues[turn.index] -= size
      spent += size
    }
    served[turn.index] += spent
    done += spent
    turns.spend(turn.index, spent, queues[turn.index] === 0)
  }
  return served
}

const shares = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 4 })
const slices = fc.integer({ min: 1, max: 300 })

describe('DeficitRoundRobin', () => {
  it('has no turn when nothing is ready', () => {
    expect(new DeficitRoundRobin([70, 25, 5], ROUND).next(() => false)).toBeUndefined()
  })

  it('gives each its share when all have more than they can get', () => {
    const served = serve(new DeficitRoundRobin([70, 25, 5], ROUND), [1e6, 1e6, 1e6], 1, 100_000)
    expect(served.map((count) => count / 1000)).toEqual([70, 25, 5])
  })

  it('gives shares in the long run whatever they and the slices are', () => {
    const property = fc.property(shares, slices, (given, slice) => {
      const rounds = 50
      const turns = new DeficitRoundRobin(given, ROUND)
      const queues = given.map(() => 1e7)
      const served = serve(turns, queues, slice, rounds * ROUND)
      const total = given.reduce((sum, share) => sum + share, 0)
      const done = served.reduce((sum, count) => sum + count, 0)
      given.forEach((share, index) => {
        // off by a round, a slice of overdraw, and a quantum's rounding in each round
        const slack = ROUND + slice + rounds * 2
        expect(Math.abs(served[index] - (done * share) / total)).toBeLessThanOrEqual(slack)
      })
    })
    fc.assert(property, { seed: SEED, numRuns: 300 })
  })

  it('conserves work: as long as anything waits, something is served', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 3, maxLength: 3 })
    const property = fc.property(lengths, slices, (queues, slice) => {
      const served = serve(new DeficitRoundRobin([70, 25, 5], ROUND), [...queues], slice)
      expect(served).toEqual(queues)
    })
    fc.assert(property, { seed: SEED, numRuns: 300 })
  })

  it('leaves an unused share to whoever has work', () => {
    expect(serve(new DeficitRoundRobin([70, 25, 5], ROUND), [0, 0, 50_000], 10, 20_000)).toEqual([
      0, 0, 20_000,
    ])
  })

  it('saves nothing up for one that has been idle', () => {
    const turns = new DeficitRoundRobin([50, 50], ROUND)
    serve(turns, [0, 1e6], 1, 100_000)
    const [idleBefore, other] = serve(turns, [1e6, 1e6], 1, 10_000)
    expect(Math.abs(idleBefore - other)).toBeLessThanOrEqual(ROUND)
  })

  it('takes an overdraw back in the next turn', () => {
    const turns = new DeficitRoundRobin([50, 50], 200)
    expect(turns.next(() => true)).toEqual({ index: 0, budget: 100 })
    turns.spend(0, 150, false)
    expect(turns.next(() => true)).toEqual({ index: 1, budget: 100 })
    turns.spend(1, 100, false)
    expect(turns.next(() => true)).toEqual({ index: 0, budget: 50 })
  })

  it('forgives no debt when a queue runs empty', () => {
    const turns = new DeficitRoundRobin([50, 50], 200)
    turns.next(() => true)
    turns.spend(0, 150, true)
    turns.next(() => true)
    turns.spend(1, 100, false)
    expect(turns.next(() => true)).toEqual({ index: 0, budget: 50 })
  })

  it('serves the smallest share too', () => {
    const served = serve(new DeficitRoundRobin([1_000_000, 1], ROUND), [1e7, 1e7], 1, 100_000)
    expect(served[1]).toBeGreaterThan(0)
  })
})
