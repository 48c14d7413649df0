import { describe, expect, it } from 'vitest'
import { type Claim, divide, PRIORITIES } from '../../src/scaling/priorities.ts'

const CLAIMS: Claim[] = [
  { kind: 'bulk', name: 'bulk', units: 2 },
  { kind: 'standard', name: 'standard', units: 2 },
  { kind: 'premium', name: 'premium', units: 1 },
  { kind: 'maintenance', name: 'security-patch-7', units: 1 },
  { kind: 'anomaly', name: 'critical', units: 0.5 },
]

const granted = (units: number, exceptions = {}) =>
  divide(units, CLAIMS, Object.keys(exceptions).length === 0 ? undefined : [exceptions as never]).map(
    (grant) => [grant.claim.kind, grant.units],
  )

describe('priorities in conflict', () => {
  it('are one table: anomalies before maintenance before premium before standard before bulk', () => {
    expect(PRIORITIES.map(({ kind }) => kind)).toEqual([
      ...['anomaly', 'maintenance', 'premium', 'standard', 'bulk'],
    ])
    expect(granted(3)).toEqual([
      ['anomaly', 0.5],
      ['maintenance', 1],
      ['premium', 1],
      ['standard', 0.5],
      ['bulk', 0],
    ])
  })

  it('give everybody everything where there is enough', () => {
    expect(granted(10).map(([, units]) => units)).toEqual([0.5, 1, 1, 2, 2])
  })

  it('make the exceptions that the configuration states', () => {
    const exception = { kind: 'maintenance', name: 'security-*', before: 'anomaly' }
    expect(granted(1, exception)).toEqual([
      ['maintenance', 1],
      ...[
        ['anomaly', 0],
        ['premium', 0],
        ['standard', 0],
        ['bulk', 0],
      ],
    ])
    expect(granted(1, { ...exception, name: 'firmware.*' })[0]).toEqual(['anomaly', 0.5])
    expect(granted(1, { ...exception, kind: 'bulk' })[0]).toEqual(['anomaly', 0.5])
  })

  it('are explained', () => {
    const exceptions = [{ kind: 'maintenance' as const, name: '*', before: 'anomaly' as const }]
    const [first, , , standard] = divide(3.25, CLAIMS, exceptions)
    expect(first.reason).toBe(
      '1 of 1 units for security-patch-7 (planned maintenance, by exception before anomaly)',
    )
    expect(standard.reason).toBe('0.75 of 2 units for standard (standard readings), after premium')
    expect(divide(0, [CLAIMS[0]])[0].reason).toBe('0 of 2 units for bulk (bulk readings)')
  })
})
