/** `GET /v1/quarantine`: the latest malformed inputs, the latest first, and how many there have been in all. */
import type { HttpResponse } from '../../core/http.ts'
import type { EngineView } from './engine-view.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Call, Route } from './router.ts'

const parameters = { limit: wholeNumber(1, 10_000, 100) }

export const recordRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/quarantine', answer: (call) => list(view, call) },
]

function list({ quarantine }: EngineView, { request }: Call): HttpResponse {
  const { limit } = readQuery(request.query, parameters)
  return json({ seen: quarantine.seen, entries: quarantine.recent(limit) })
}
