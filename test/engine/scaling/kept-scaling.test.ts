import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../../../src/engine/config/config.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../../src/engine/config/schema.ts'
import { KeptScalingOfEngine } from '../../../src/engine/scaling/kept-scaling.ts'
import { FORECAST_FILE, openForecaster } from '../../../src/engine/scaling/open-forecaster.ts'
import type { KeptCapacity } from '../../../src/engine/scaling/documents.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-kept-scaling-'))
afterAll(() => rmSync(folder, { recursive: true }))

let folders = 0
const newFolder = (): string => join(folder, String(folders++))
const at = (dataDir: string | null, scaling: ConfigInput['scaling'] = {}): Config => ({
  ...parseConfig({ scaling }).config,
  dataDir,
})
const state = (nextDecision: number): KeptCapacity => ({ nextDecision, serviceRate: 0, pools: {} })

/** Asks until a write that nobody waits for is there. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('what scaling keeps over a restart', () => {
  it('is written every minute, at once when asked to, and at the end, and read at the next start', async () => {
    const dataDir = newFolder()
    const [clock, failures] = [new VirtualClock(), [] as unknown[]]
    const open = () => KeptScalingOfEngine.open(at(dataDir), clock, (error) => failures.push(error))
    const first = await open()
    expect(first.state).toBeUndefined()
    let next = 1
    const stored = (): number =>
      existsSync(join(dataDir, 'scaling.json'))
        ? (JSON.parse(readFileSync(join(dataDir, 'scaling.json'), 'utf8')) as { state: KeptCapacity }).state
            .nextDecision
        : 0
    first.keep(
      () => state(next),
      () => Uint8Array.of(7, 8),
    )
    first.now()
    await until(() => stored() === 1)
    next = 2
    clock.advance(60_000)
    await until(() => stored() === 2)
    expect(existsSync(join(dataDir, FORECAST_FILE))).toBe(false)
    clock.advance(3_600_000)
    await until(() => existsSync(join(dataDir, FORECAST_FILE)))
    next = 3
    await first.close()
    expect([...readFileSync(join(dataDir, FORECAST_FILE))]).toEqual([7, 8])
    expect((await open()).state).toEqual(state(3))
    expect(failures).toEqual([])
  })

  it('is begun anew, and that is told, where it can not be read', async () => {
    const dataDir = newFolder()
    const clock = new VirtualClock()
    const first = await KeptScalingOfEngine.open(at(dataDir), clock, () => undefined)
    first.keep(
      () => state(5),
      () => Uint8Array.of(),
    )
    await first.close()
    for (const [text, words] of [
      ['{"version":99}', 'is of version 99'],
      ['no JSON', 'JSON'],
    ]) {
      writeFileSync(join(dataDir, 'scaling.json'), text)
      const failures: unknown[] = []
      const again = await KeptScalingOfEngine.open(at(dataDir), clock, (error) => failures.push(error))
      expect(again.state).toBeUndefined()
      expect(String(failures)).toContain(words)
    }
    rmSync(join(dataDir, 'scaling.json'))
    writeFileSync(join(dataDir, 'file'), '')
    const failures: unknown[] = []
    const beneathAFile = at(join(dataDir, 'file', 'below'))
    const lost = await KeptScalingOfEngine.open(beneathAFile, clock, (error) => failures.push(error))
    lost.keep(
      () => state(1),
      () => Uint8Array.of(),
    )
    await lost.close()
    expect(failures).toHaveLength(3) // reading, and writing of either file
  })

  it('is nothing without a data directory, or before there is something', async () => {
    const clock = new VirtualClock()
    const kept = await KeptScalingOfEngine.open(at(null), clock, () => undefined)
    kept.keep(
      () => state(1),
      () => Uint8Array.of(),
    )
    clock.advance(60_000)
    await kept.close()
    const dataDir = newFolder()
    const unused = await KeptScalingOfEngine.open(at(dataDir), clock, () => undefined)
    unused.now()
    await unused.close()
    expect(existsSync(dataDir)).toBe(false)
  })
})

describe('the forecaster of an engine', () => {
  const written = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const HOUR = 3_600_000
  const START = Date.UTC(2026, 0, 5)
  const history = ['time,demand,tier,region']
  for (let hour = 0; hour < 24 * 21; hour++)
    history.push(`${START + hour * HOUR},${100 + 50 * Math.sin((hour / 24) * 2 * Math.PI)},standard,`)
  const past = written('past.csv', `${history.join('\n')}\n`)
  const soon = START + 24 * 21 * HOUR
  const failing = (error: unknown): never => {
    throw error as Error
  }

  it('knows the events of its calendars', async () => {
    const yaml = written(
      'events.yaml',
      'events:\n  - { name: opening, starts: 2026-02-02T06:00, duration: 1h, factor: 4 }\n',
    )
    const ics = written(
      'events.ics',
      [
        ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//x//EN', 'BEGIN:VEVENT', 'UID:1'],
        ...['DTSTAMP:20260101T000000Z', 'DTSTART:20260203T060000Z', 'DTEND:20260203T070000Z'],
        ...['SUMMARY:fair', 'X-MILLRACE-FACTOR:3', 'END:VEVENT', 'END:VCALENDAR', ''],
      ].join('\r\n'),
    )
    const calendars = [yaml, ics]
    const forecaster = await openForecaster(at(null, { forecast: { calendars, history: past } }), failing)
    const reasonAt = (time: string): string => {
      const from = Date.parse(time)
      return forecaster.forecast(from, from + 60_000, 0.5).reason
    }
    expect(reasonAt('2026-02-02T06:10:00Z')).toContain('opening')
    expect(reasonAt('2026-02-03T06:10:00Z')).toContain('fair')
  })

  it('expects what a region is told of in that region alone, and knows no others than there are', async () => {
    const rows = ['time,demand,tier,region']
    for (let hour = 0; hour < 24 * 8; hour++)
      rows.push(
        `${START + hour * HOUR},100,standard,europe`,
        `${START + hour * HOUR},40,bulk,unassigned`,
        `${START + hour * HOUR},60,standard,asia`,
      )
    const ofRegions = written('regions.csv', rows.join('\n'))
    const calendarOf = (regions: string): string =>
      written(
        'of-regions.yaml',
        `events:\n  - { name: fair, starts: 2026-01-13T06:00, duration: 1h, factor: 4, regions: [${regions}] }\n`,
      )
    const open = (regions: string) =>
      openForecaster(
        at(null, { forecast: { calendars: [calendarOf(regions)], history: ofRegions } }),
        failing,
      )
    const during = Date.UTC(2026, 0, 13, 6, 10)
    const expected = (forecaster: Awaited<ReturnType<typeof open>>) =>
      forecaster.forecast(during, during + 1000, 0.5).byTier
    const { standard, bulk } = expected(await open('europe'))
    expect(standard).toBeCloseTo(4 * 100 + 60, -1)
    expect(bulk).toBeCloseTo(40, -1)
    expect(expected(await open('unassigned')).bulk).toBeCloseTo(160, -1)
    await expect(open('europe, mars')).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringMatching(
        /calendars: .*"fair": region "mars"; allowed are unassigned, .*europe/,
      ) as string,
    })
  })

  it('learns from history where nothing is known from before, and goes on from what is', async () => {
    const dataDir = newFolder()
    const config = at(dataDir, { forecast: { history: past } })
    const first = await openForecaster(config, failing)
    expect(first.forecast(soon, soon + 60_000, 0.5).expected).toBeGreaterThan(0)
    const kept = await KeptScalingOfEngine.open(config, new VirtualClock(), failing)
    kept.keep(
      () => state(1),
      () => first.snapshot(),
    )
    await kept.close()
    // history is not even read: what is known goes on
    const again = await openForecaster(
      at(dataDir, { forecast: { history: join(folder, 'none.csv') } }),
      failing,
    )
    expect(Buffer.compare(again.snapshot(), first.snapshot())).toBe(0)
    const of = (forecaster: typeof first) => forecaster.forecast(soon, soon + 60_000, 0.5).expected
    expect(of(again)).toBeCloseTo(of(first), 3)
    expect(of(again)).toBeGreaterThan(90)
  })

  it('says what it can not use of what an earlier process has kept, and begins anew', async () => {
    const dataDir = newFolder()
    const failures: unknown[] = []
    const kept = await KeptScalingOfEngine.open(at(dataDir), new VirtualClock(), failing)
    kept.keep(
      () => state(1),
      () => Uint8Array.of(1, 2, 3),
    )
    await kept.close()
    await openForecaster(at(dataDir), (error) => failures.push(error))
    expect(String(failures)).toContain(`${FORECAST_FILE}: `)
    expect(String(failures)).toContain('the forecaster begins anew')
    writeFileSync(join(dataDir, 'file'), '')
    await openForecaster(at(join(dataDir, 'file')), (error) => failures.push(error))
    expect(failures).toHaveLength(2)
  })

  it.each([
    [{ calendars: [join(folder, 'none.yaml')] }, 'scaling.forecast.calendars'],
    [{ history: join(folder, 'none.csv') }, 'scaling.forecast.history'],
  ])('does not begin with %j', async (forecast, option) => {
    await expect(openForecaster(at(null, { forecast }), failing)).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(option) as string,
    })
  })
})
