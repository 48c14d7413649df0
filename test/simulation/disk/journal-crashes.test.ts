import { describe, expect, it } from 'vitest'
import {
  exploreCrashes,
  explorationText,
  violationText,
} from '../../../src/simulation/disk/explore-crashes.ts'
import { journalScenario } from './journal-crashes.ts'

const RUNS = Number(process.env.MILLRACE_RUNS ?? 120)
const SEED = Number(process.env.MILLRACE_SEED ?? 1)

describe('The journal', () => {
  it.each([
    ['crashes', { faults: false }],
    ['crashes and failing disks', { faults: true }],
  ])(
    'keeps its promise under %s',
    async (name, work) => {
      const scenario = journalScenario(`journal under ${name}`, work)
      const result = await exploreCrashes(scenario, { seed: SEED, runs: RUNS })
      console.log(explorationText(result))
      expect(result.violations.map(violationText)).toEqual([])
    },
    3_600_000,
  )
})
