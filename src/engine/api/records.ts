/** `GET /v1/quarantine` and `GET /v1/dead-letters`: the latest first, and how many there have been in all. */
import type { HttpResponse } from '../../core/http.ts'
import type { EngineView } from './engine-view.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Call, Route } from './router.ts'

interface Records {
  readonly seen: number
  recent(limit: number): unknown[]
}

const parameters = { limit: wholeNumber(1, 10_000, 100) }

export const recordRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/quarantine', answer: (call) => list(view.quarantine, call) },
  { method: 'GET', pattern: '/v1/dead-letters', answer: (call) => list(view.deadLetters, call) },
]

function list(records: Records, { request }: Call): HttpResponse {
  const { limit } = readQuery(request.query, parameters)
  return json({ seen: records.seen, entries: records.recent(limit) })
}
