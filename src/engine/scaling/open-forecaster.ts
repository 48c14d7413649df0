/** The forecaster of an engine: with its calendars, and with what an earlier process learned, or else with recorded history. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { MillraceError } from '../../core/errors.ts'
import { SeasonalForecaster } from '../../scaling/forecast/demand-forecaster.ts'
import type { KnownEvent } from '../../scaling/forecast/known-event.ts'
import type { Config } from '../config/config.ts'
import { ENGINE_SERIES } from './engine-gauge.ts'

/** In the data directory. */
export const FORECAST_FILE = 'forecast.bin'

/** Throws `bad-config` where a calendar or the history can't be read; a snapshot that can't be used is told. */
export async function openForecaster(
  { scaling: { forecast, pool }, dataDir }: Config,
  onFailure: (error: unknown) => void,
): Promise<SeasonalForecaster> {
  const events = await Promise.all(forecast.calendars.map(readCalendar))
  const forecaster = new SeasonalForecaster({
    ...{ series: ENGINE_SERIES, timeZone: forecast.timezone, leadMs: pool.predictive.leadMs },
    events: events.flat(),
  })
  const isRestored = dataDir !== null && (await restored(forecaster, join(dataDir, FORECAST_FILE), onFailure))
  if (!isRestored && forecast.history !== null) await learn(forecaster, forecast.history)
  return forecaster
}

async function readCalendar(path: string): Promise<readonly KnownEvent[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable('scaling.forecast.calendars', path, error)
  })
  if (!/\.ics$/i.test(path))
    return (await import('../../scaling/forecast/yaml-calendar.ts')).parseYamlCalendar(text, path)
  return (await import('../../scaling/forecast/ics-calendar.ts')).parseIcsCalendar(text, path)
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
