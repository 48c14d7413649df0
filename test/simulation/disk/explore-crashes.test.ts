import { describe, expect, it } from 'vitest'
import {
  exploreCrashes,
  explorationText,
  replayRun,
  violationText,
} from '../../../src/simulation/disk/explore-crashes.ts'
import * as planted from './planted-bugs.ts'
import { smallLogScenario } from './small-log.ts'

const RUNS = Number(process.env.MILLRACE_RUNS ?? 200)
const SEED = Number(process.env.MILLRACE_SEED ?? 1)
const scenario = smallLogScenario('after commit')

describe('exploreCrashes', () => {
  it('finds nothing in a log that keeps its promise', async () => {
    const result = await exploreCrashes(scenario, { seed: SEED, runs: RUNS })
    console.log(explorationText(result))
    expect(result.violations.map(violationText)).toEqual([])
    expect(result.runs).toBe(RUNS)
    expect(result.crashes).toBeGreaterThanOrEqual(RUNS)
    expect(result.checks).toBeGreaterThan(2 * RUNS)
    expect(result.kills).toBeGreaterThan(0)
  })

  it.each(['skipsSync', 'skipsSomeSyncs', 'skipsFolderSync', 'reordersWrites'] as const)(
    'finds that a disk %s',
    async (bug) => {
      const result = await exploreCrashes(scenario, { seed: SEED, runs: 500, wrap: planted[bug] })
      expect(result.violations).toHaveLength(1)
    },
  )

  it('finds that a log promises too early', async () => {
    const result = await exploreCrashes(smallLogScenario('before commit'), { seed: SEED, runs: 500 })
    expect(result.violations).toHaveLength(1)
  })

  it('shows a violation again, alone', async () => {
    const bug = { wrap: planted.skipsSomeSyncs }
    const result = await exploreCrashes(scenario, { seed: SEED, runs: 500, violations: 2, ...bug })
    expect(result.violations).toHaveLength(2)
    for (const violation of result.violations) {
      const again = await replayRun(scenario, violation.run, bug)
      expect(again?.story).toEqual(violation.story)
      expect(again?.error.message).toBe(violation.error.message)
      expect(violationText(violation)).toMatch(
        /small log.*seed 1, workload \d+, point \d+[^]*life 1: .*crashed/,
      )
    }
    expect(await replayRun(scenario, result.violations[0].run)).toBeUndefined()
  })

  it('crashes at every point of a workload, or at as many as are wanted', async () => {
    const all = await exploreCrashes(scenario, { seed: SEED, runs: 100 })
    expect(all.points).toBeGreaterThanOrEqual(100)
    const few = await exploreCrashes(scenario, { seed: SEED, runs: 20, pointsPerWorkload: 5 })
    expect(few.workloads).toBe(4)
  })

  it('reports what is thrown that is no error, and refuses workloads without a crash point', async () => {
    const odd = {
      name: 'odd',
      account: () => ({}),
      live: (life: { disk: { makeFolder(path: string): void }; account: { lives?: number } }) => {
        life.disk.makeFolder('/x')
        life.account.lives = (life.account.lives ?? 0) + 1
        // oxlint-disable-next-line typescript/only-throw-error
        if (life.account.lives > 1) throw 'a string'
      },
    }
    const result = await exploreCrashes(odd, { seed: SEED, runs: 10 })
    expect(result.violations[0].error.message).toBe('a string')
    const broken = { ...odd, live: () => Promise.reject(new Error('at once')) }
    const [violation] = (await exploreCrashes(broken, { seed: SEED, runs: 10 })).violations
    expect(violationText(violation)).toMatch(
      /odd \(seed 1, workload 0, point -1\): at once\n {2}nothing happened/,
    )
    expect((await replayRun(broken, violation.run))?.error.message).toBe('at once')
    const idle = { name: 'idle', account: () => ({}), live: () => undefined }
    await expect(exploreCrashes(idle, { seed: SEED, runs: 1 })).rejects.toThrow('changes nothing')
  })
})
