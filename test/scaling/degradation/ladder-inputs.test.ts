import { describe, expect, it } from 'vitest'
import { ladderInputsOf } from '../../../src/scaling/degradation/ladder-inputs.ts'
import type { ScalingDecision } from '../../../src/core/scaling.ts'
import { NO_TIERS, START } from '../rig.ts'

const decision = (over: Partial<ScalingDecision>, ready = 2): ScalingDecision => ({
  ...{ id: 1, at: START, pool: 'workers', from: 2, wanted: 4, to: 2, forecast: null },
  inputs: {
    ...{
      demand: 3000,
      backlog: { ...NO_TIERS, standard: 500, bulk: 500 },
      serviceRate: 1000,
      utilisation: 0.8,
    },
    ...{ refused: { ...NO_TIERS, bulk: 7 }, ready },
  },
  ...{ policy: 'reactive', limits: ['max'], reason: '', effect: 'none' },
  ...over,
})

describe('what the ladder looks at', () => {
  it('is what was measured of all tiers', () => {
    expect(ladderInputsOf(decision({}))).toEqual({
      ...{ at: START, isAtCeiling: true, waitMs: 500, refused: 7, utilisation: 0.8 },
    })
  })

  it('is a ceiling when more is wanted than may be, and all that may be is there', () => {
    expect(ladderInputsOf(decision({ to: 4 })).isAtCeiling).toBe(false)
    expect(ladderInputsOf(decision({}, 1)).isAtCeiling).toBe(false)
  })
})
