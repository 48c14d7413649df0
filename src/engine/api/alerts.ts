/** `GET /v1/alerts?state=firing|resolved&limit=`, the latest change first, and `GET /v1/alerts/stream`. */
import { z } from 'zod'
import { alertStream } from './alert-stream.ts'
import type { EngineView } from './engine-view.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Route } from './router.ts'

const STATES = ['firing', 'resolved'] as const
const parameters = {
  state: z.enum(STATES, { error: STATES.join(', ') }).optional(),
  limit: wholeNumber(1, 10_000, 100),
}

export const alertRoutes = (view: EngineView): Route[] => [
  {
    method: 'GET',
    pattern: '/v1/alerts',
    answer: ({ request }) => {
      const { state, limit } = readQuery(request.query, parameters)
      return json({ ...view.alerts.counts, alerts: view.alerts.recent(limit, state) })
    },
  },
  {
    method: 'GET',
    pattern: '/v1/alerts/stream',
    answer: ({ request }) => {
      readQuery(request.query, {})
      return alertStream(view.alertNews, view.clock)
    },
  },
]
