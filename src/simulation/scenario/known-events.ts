/** What a scenario says that the forecaster knows: its calendars, and the events in the scenario itself. */
import { parseIcsCalendar } from '../../scaling/forecast/ics-calendar.ts'
import type { KnownEvent } from '../../scaling/forecast/known-event.ts'
import { knownEvent, parseYamlCalendar } from '../../scaling/forecast/yaml-calendar.ts'
import type { Scenario } from './scenario-options.ts'

interface Known {
  readonly forecast: Scenario['forecast']
  /** By the name of their file. */
  readonly calendarTexts: ReadonlyMap<string, string>
}

/** Throws `bad-config` for calendars that are none. */
export function knownEventsOf({ forecast, calendarTexts }: Known): KnownEvent[] {
  const ofFiles = [...calendarTexts].flatMap(([file, text]) =>
    /\.ics$/i.test(file) ? parseIcsCalendar(text, file) : parseYamlCalendar(text, file),
  )
  return [...ofFiles, ...forecast.events.map((event) => knownEvent(event, 'forecast.events'))]
}
