import { describe, expect, it } from 'vitest'
import { HOUR_LEARNING, MINUTE_LEARNING } from '../../../src/scaling/forecast/learning.ts'
import { SeasonalEnsemble } from '../../../src/scaling/forecast/ensemble.ts'
import { evenSeason } from '../../../src/scaling/forecast/season.ts'
import { zonedSeason, zoneOffset } from '../../../src/scaling/forecast/zoned-season.ts'
import { MINUTE_MS, MONDAY, shifts } from './fleet.ts'

const ensemble = (series = 1): SeasonalEnsemble =>
  new SeasonalEnsemble({ ...HOUR_LEARNING, series, season: evenSeason(24) })

/** Day and week season with noise that repeats. */
const usual = (step: number): number => {
  const week = Math.floor(step / 24) % 7 < 5 ? 1 : 0.4
  return 1000 * week * (1.5 + Math.sin((step * Math.PI) / 12)) * (1 + 0.02 * Math.sin(step * step))
}

function taught(steps: number, demand = usual): SeasonalEnsemble {
  const forecaster = ensemble()
  for (let step = 0; step < steps; step++) forecaster.observe(0, step, demand(step))
  return forecaster
}

const errorOver = (forecaster: SeasonalEnsemble, from: number, steps: number, demand = usual): number => {
  let error = 0
  let sum = 0
  for (let step = from; step < from + steps; step++) {
    error += Math.abs(forecaster.predict(0, step) - demand(step))
    sum += demand(step)
  }
  return error / sum
}

describe('SeasonalEnsemble', () => {
  it('expects nothing before it has seen demand, and doesn’t take a fleet that is not there yet for a season', () => {
    const forecaster = ensemble()
    for (let step = 0; step < 100; step++) forecaster.observe(0, step, 0)
    expect(forecaster.predict(0, 100)).toBe(0)
    expect(forecaster.state.seen[0]).toBe(0)
  })

  it('follows the level on the first day', () => {
    expect(taught(10, () => 500).predict(0, 12)).toBeCloseTo(500, 0)
  })

  it('knows the day after a day and the week after some weeks', () => {
    const daily = (step: number): number => 1000 * (1.5 + Math.sin((step * Math.PI) / 12))
    expect(errorOver(taught(48, daily), 48, 24, daily)).toBeLessThan(0.02)
    expect(errorOver(taught(6 * 168), 6 * 168, 168)).toBeLessThan(0.08)
  })

  it('is never much worse than seasonal naive, even where demand repeats the last day alone', () => {
    const random = (day: number, hour: number): number =>
      100 + 900 * Math.abs(Math.sin(day * 7.3 + hour * hour))
    const stair = (step: number): number => random(Math.floor(step / 24 / 9), step % 24)
    expect(errorOver(taught(30 * 24, stair), 30 * 24, 24, stair)).toBeLessThan(0.05)
  })

  it('is never below nothing', () => {
    const forecaster = taught(24 * 20, (step) => (step % 24 < 12 ? 3 : 0))
    for (let step = 480; step < 600; step++) expect(forecaster.predict(0, step)).toBeGreaterThanOrEqual(0)
  })

  it('goes on where it was after steps that it was not shown', () => {
    const forecaster = taught(6 * 168)
    const until = 6 * 168 + 60
    forecaster.observe(0, until, usual(until))
    expect(errorOver(forecaster, until + 1, 24)).toBeLessThan(0.12)
  })

  it('does not believe an outage, but believes that demand is gone for good after half a day', () => {
    const forecaster = taught(4 * 168)
    const from = 4 * 168
    for (let step = from; step < from + 6; step++) expect(forecaster.observe(0, step, 0)).toBe(false)
    expect(errorOver(forecaster, from + 6, 24)).toBeLessThan(0.05)
    for (let step = from + 6; step < from + 24 * 14; step++) forecaster.observe(0, step, 0)
    expect(forecaster.predict(0, from + 24 * 14)).toBeLessThan(50)
  })

  it('takes lows for real where they are usual', () => {
    const forecaster = ensemble()
    let believed = 0
    for (let step = 0; step < 600; step++)
      believed += Number(forecaster.observe(0, step, step % 3 === 0 ? 0 : 900))
    expect(believed).toBeGreaterThan(560)
  })

  it('begins a day table where slots of the first day were not seen', () => {
    const forecaster = ensemble()
    for (let step = 0; step < 80; step++) if (step % 24 !== 5) forecaster.observe(0, step, 100)
    expect(forecaster.predict(0, 101)).toBeCloseTo(100, -1)
  })

  it('knows nothing of hours that were not seen in the first week, and goes on without', () => {
    const forecaster = ensemble()
    for (let step = 0; step < 200; step++) if (step % 24 !== 5) forecaster.observe(0, step, 100)
    expect(forecaster.predict(0, 221)).toBeCloseTo(100, -1)
  })

  it('learns the hours of the week from minutes, too', () => {
    const season = zonedSeason(MINUTE_MS, zoneOffset('UTC'))
    const forecaster = new SeasonalEnsemble({ ...MINUTE_LEARNING, series: 1, season })
    const first = MONDAY / MINUTE_MS
    for (let step = first; step < first + 8 * 1440; step++)
      forecaster.observe(0, step, shifts(step * MINUTE_MS))
    const at = (minutes: number): number => forecaster.predict(0, first + 8 * 1440 + minutes)
    expect(at(3 * 60)).toBeLessThan(400)
    expect(at(10 * 60)).toBeGreaterThan(700)
  })

  it('keeps series apart', () => {
    const forecaster = ensemble(2)
    for (let step = 0; step < 100; step++) {
      forecaster.observe(0, step, 10)
      forecaster.observe(1, step, 5000)
    }
    expect(forecaster.predict(0, 100)).toBeCloseTo(10, 0)
    expect(forecaster.predict(1, 100)).toBeCloseTo(5000, -1)
  })
})
