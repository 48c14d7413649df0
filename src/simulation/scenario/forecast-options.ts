/** What the forecaster knows beforehand. */
import { z } from 'zod'
import { calendarEvent } from '../../scaling/forecast/yaml-calendar.ts'

export const forecastOptions = z.strictObject({
  calendars: z.array(z.string().min(1)).max(100).default([]).meta({
    description: 'Files of known events, YAML or iCalendar (`.ics`), seen from the scenario.',
    'x-allowed': 'paths',
  }),
  events: z
    .array(calendarEvent)
    .max(1000)
    .default([])
    .meta({ description: 'Known events, written as in a calendar of YAML.' }),
})
