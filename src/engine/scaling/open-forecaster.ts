/** The forecaster of an engine: with its calendars, and with what an earlier process learned, or else with recorded history. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { MillraceError } from '../../core/errors.ts'
import { SeasonalForecaster } from '../../scaling/forecast/demand-forecaster.ts'
import type { KnownEvent } from '../../scaling/forecast/known-event.ts'
import type { Config } from '../config/config.ts'
import { UNASSIGNED } from '../../regions/region-table.ts'
import { engineSeries } from './engine-series.ts'

/** In the data directory. */
export const FORECAST_FILE = 'forecast.bin'

/** Throws `bad-config` where a calendar or the history can't be read; a snapshot that can't be used is told. */
export async function openForecaster(
  { scaling: { forecast, pool }, regions, dataDir }: Config,
  onFailure: (error: unknown) => void,
): Promise<SeasonalForecaster> {
  const names = [UNASSIGNED, ...regions.map(({ name }) => name)]
  const events = await Promise.all(forecast.calendars.map((path) => readCalendar(path, names)))
  const forecaster = new SeasonalForecaster({
    ...{ series: engineSeries(names), timeZone: forecast.timezone, leadMs: pool.predictive.leadMs },
    events: events.flat(),
  })
  const isRestored = dataDir !== null && (await restored(forecaster, join(dataDir, FORECAST_FILE), onFailure))
  if (!isRestored && forecast.history !== null) await learn(forecaster, forecast.history)
  return forecaster
}

async function readCalendar(path: string, regions: readonly string[]): Promise<readonly KnownEvent[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable('scaling.forecast.calendars', path, error)
  })
  const events = await parsed(text, path)
  for (const event of events) checkRegions(event, path, regions)
  return events
}

async function parsed(text: string, path: string): Promise<readonly KnownEvent[]> {
  if (!/\.ics$/i.test(path))
    return (await import('../../scaling/forecast/yaml-calendar.ts')).parseYamlCalendar(text, path)
  return (await import('../../scaling/forecast/ics-calendar.ts')).parseIcsCalendar(text, path)
}

/** An event of a region that there isn't would do nothing. */
function checkRegions({ name, regions }: KnownEvent, path: string, known: readonly string[]): void {
  const unknown = regions?.find((region) => !known.includes(region))
  if (unknown === undefined) return
  const message = `event "${name}": region "${unknown}"; allowed are ${known.join(', ')}`
  throw unreadable('scaling.forecast.calendars', path, new Error(message))
}

async function restored(
  forecaster: SeasonalForecaster,
  path: string,
  onFailure: (error: unknown) => void,
): Promise<boolean> {
  try {
    const outcome = forecaster.restore(await readFile(path))
    if (!outcome.restored) onFailure(new Error(`${path}: ${outcome.reason}; the forecaster begins anew`))
    return outcome.restored
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onFailure(error)
    return false
  }
}

async function learn(forecaster: SeasonalForecaster, path: string): Promise<void> {
  try {
    await forecaster.learnFrom(createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
  } catch (error) {
    throw unreadable('scaling.forecast.history', path, error)
  }
}

const unreadable = (option: string, path: string, error: unknown): MillraceError =>
  new MillraceError('bad-config', `${option}: ${path}: ${(error as Error).message}`, { path }, error)
