/**
 * `GET /v1/alerts` page by page, the latest change first; `GET /v1/alerts/stream`; `GET /v1/alerts/{id}`;
 * `POST` and `DELETE /v1/alerts/{id}/acknowledge`.
 */
import { z } from 'zod'
import { splitMatchers } from '../../alerts/matcher.ts'
import type { HttpResponse } from '../../core/http.ts'
import { alertStream } from './alert-stream.ts'
import type { EngineView } from './engine-view.ts'
import { readBody } from './mutes.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Call, Route } from './router.ts'

const STATES = ['pending', 'firing', 'resolved'] as const

const yesOrNo = z
  .enum(['true', 'false'], { error: 'true, false' })
  .transform((text) => text === 'true')
  .optional()

const parameters = {
  state: z.enum(STATES, { error: STATES.join(', ') }).optional(),
  rule: z.string().optional(),
  device: z.string().optional(),
  match: z.string().default(''),
  suppressed: yesOrNo,
  acknowledged: yesOrNo,
  limit: wholeNumber(1, 10_000, 100),
  before: wholeNumber(1, 9_999_999_999, 9_999_999_999),
}

const text = (max: number) => z.string({ error: `a text of up to ${max} characters` }).max(max)
const acknowledgement = {
  by: text(1024).min(1, { error: 'who it is, not empty' }),
  comment: text(1024).optional(),
}

export const alertRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/alerts', answer: (call) => list(view, call) },
  { method: 'GET', pattern: '/v1/alerts/stream', answer: (call) => follow(view, call) },
  {
    method: 'GET',
    pattern: '/v1/alerts/{id}',
    answer: ({ params }) => json(view.alertDesk.get(params.id)),
  },
  {
    method: 'POST',
    pattern: '/v1/alerts/{id}/acknowledge',
    answer: ({ params, request }) =>
      json(view.alertDesk.acknowledge(params.id, readBody(request.body, acknowledgement))),
  },
  {
    method: 'DELETE',
    pattern: '/v1/alerts/{id}/acknowledge',
    answer: ({ params }) => json(view.alertDesk.unacknowledge(params.id)),
  },
]

function list(view: EngineView, { request }: Call): HttpResponse {
  const { match, ...wanted } = readQuery(request.query, parameters)
  const page = view.alertDesk.list({ ...wanted, matchers: splitMatchers(match) })
  return json({ ...view.alerts.counts, ...page })
}

function follow({ alertNews, clock }: EngineView, { request }: Call): HttpResponse {
  const { after } = readQuery(request.query, { after: z.string().optional() })
  return alertStream(alertNews, clock, request.lastEventId ?? after)
}
