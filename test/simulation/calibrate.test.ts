import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { calibrate } from '../../src/simulation/calibration/calibrate.ts'
import { parseCalibration } from '../../src/simulation/calibration/calibration.ts'

describe('calibration', () => {
  it('measures the real engine, and is read again as it was written', { timeout: 120_000 }, async () => {
    const measured = await calibrate(systemClock(), 200)
    expect(measured.workerReadingsPerSecond).toBeGreaterThan(0)
    expect(measured.latencyMs).toBeGreaterThan(0)
    expect(measured.workerStartMs.p99).toBeGreaterThanOrEqual(measured.workerStartMs.median)
    expect(parseCalibration(JSON.stringify(measured), 'it')).toEqual(measured)
  })
})
