import { describe, expect, it } from 'vitest'
import {
  ADMIT_ALL,
  decideStorage,
  STORAGE_THRESHOLDS,
  type StorageDecision,
  type StoragePressure,
} from '../../../src/storage/journal/storage-policy.ts'

const CALM: StoragePressure = { lag: 0, roomSegments: 1000, isFailing: false }

/** Decides every 10 ms of virtual time; returns what was refused, without repetitions. */
function course(pressureAt: (ms: number) => Partial<StoragePressure>, untilMs: number): number[] {
  let decision: StorageDecision = ADMIT_ALL
  const seen = [0]
  for (let ms = 0; ms < untilMs; ms += 10) {
    decision = decideStorage(decision, { ...CALM, ...pressureAt(ms) }, ms, STORAGE_THRESHOLDS)
    if (decision.refusedTiers !== seen.at(-1)) seen.push(decision.refusedTiers)
  }
  return seen
}

describe('decideStorage', () => {
  it('refuses from the lowest tier up as the journal falls behind', () => {
    expect(course((ms) => ({ lag: ms / 1000 }), 1010)).toEqual([0, 1, 2, 3, 4])
  })

  it('refuses from the lowest tier up as room runs out', () => {
    expect(course((ms) => ({ roomSegments: 6 - ms / 100 }), 610)).toEqual([0, 1, 2, 3, 4])
  })

  it('refuses everything at once when writing fails, and admits tier by tier when it works again', () => {
    expect(course((ms) => ({ isFailing: ms < 100 }), 3000)).toEqual([0, 4, 3, 2, 1, 0])
  })

  it('does not admit and refuse in turns when the pressure swings about a threshold', () => {
    expect(course((ms) => ({ lag: ms % 20 === 0 ? 0.52 : 0.45 }), 5000)).toEqual([0, 1])
    expect(course((ms) => ({ lag: ms % 200 < 20 ? 0.52 : 0 }), 5000)).toEqual([0, 1])
  })

  it('admits again only after it has been calm for a while', () => {
    const { calmMs } = STORAGE_THRESHOLDS
    expect(course((ms) => ({ lag: ms === 0 ? 0.6 : 0 }), calmMs)).toEqual([0, 1])
    expect(course((ms) => ({ lag: ms === 0 ? 0.6 : 0 }), calmMs + 20)).toEqual([0, 1, 0])
  })
})
