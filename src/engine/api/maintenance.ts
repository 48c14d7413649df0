/**
 * Planned maintenance, `/v1/maintenance`: `GET` all, `POST` a new job (409 with the nearest times that fit where it does
 * not), `GET` and `DELETE …/{name}`, `POST …/{name}/start` and `/report`, `GET …/{name}/executions`, `GET …/stream`.
 * `POST …/executions/{token}` is for whoever a hook has given the token, who needs no other.
 */
import { z } from 'zod'
import type { HttpResponse } from '../../core/http.ts'
import { EXECUTION_STATUSES, type MaintenanceEvent } from '../../reservations/maintenance.ts'
import type { Admitted } from '../../reservations/reservation-book.ts'
import type { EngineView } from './engine-view.ts'
import { readJson } from './json-body.ts'
import { readBody } from './mutes.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Call, Route } from './router.ts'

const REPORTED = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED'] as const
const HEARTBEAT_EVERY_MS = 15_000
const PROGRESS = 'a number from 0 to 100'

const report = {
  status: z.enum(REPORTED, { error: REPORTED.join(', ') }),
  device: z.string({ error: 'the name of a device' }).optional(),
  progress: z
    .number({ error: PROGRESS })
    .min(0, { error: PROGRESS })
    .max(100, { error: PROGRESS })
    .optional(),
  message: z.string({ error: 'a text' }).max(1024, { error: 'up to 1024 characters' }).optional(),
}
const cancellation = {
  reason: z.string().max(1024, { error: 'up to 1024 characters' }).default('called off'),
  onlyNext: z
    .enum(['true', 'false'], { error: 'true, false' })
    .default('false')
    .transform((text) => text === 'true'),
}
const executions = {
  status: z.enum(EXECUTION_STATUSES, { error: EXECUTION_STATUSES.join(', ') }).optional(),
  limit: wholeNumber(1, 10_000, 1000),
}

export const maintenanceRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/maintenance', answer: (call) => list(view, call) },
  {
    method: 'POST',
    pattern: '/v1/maintenance',
    answer: ({ request }) => admitted(view.maintenance.add(readJson(request.body) as never), 201),
  },
  {
    method: 'GET',
    pattern: '/v1/maintenance/{name}',
    answer: (call) => (call.params.name === 'stream' ? stream(view, call) : one(view, call)),
  },
  { method: 'DELETE', pattern: '/v1/maintenance/{name}', answer: (call) => cancel(view, call) },
  {
    method: 'POST',
    pattern: '/v1/maintenance/{name}/start',
    answer: ({ params }) => admitted(view.maintenance.start(params.name), 200),
  },
  {
    method: 'POST',
    pattern: '/v1/maintenance/{name}/report',
    answer: ({ request, params }) =>
      json(view.maintenance.report(params.name, readBody(request.body, report))),
  },
  { method: 'GET', pattern: '/v1/maintenance/{name}/executions', answer: (call) => executionsOf(view, call) },
  {
    ...{ method: 'POST', pattern: '/v1/maintenance/executions/{token}', open: true },
    answer({ request, params }) {
      const { window } = view.maintenance.reportByToken(params.token, readBody(request.body, report))
      return json({ window })
    },
  },
]

function list({ maintenance }: EngineView, { request }: Call): HttpResponse {
  readQuery(request.query, {})
  return json({ jobs: maintenance.list() })
}

function one({ maintenance }: EngineView, { request, params }: Call): HttpResponse {
  readQuery(request.query, {})
  return json(maintenance.get(params.name))
}

function cancel({ maintenance }: EngineView, { request, params }: Call): HttpResponse {
  return json(maintenance.cancel(params.name, readQuery(request.query, cancellation)))
}

function executionsOf({ maintenance }: EngineView, { request, params }: Call): HttpResponse {
  const { status, limit } = readQuery(request.query, executions)
  const all = maintenance.executions(params.name, status)
  return json({ total: all.length, executions: all.slice(0, limit) })
}

function admitted(answer: Admitted, status: number): HttpResponse {
  if (answer.ok) return json(answer.job, status)
  const { cause, reason, nearest } = answer
  return json({ code: 'conflict', message: reason, retryable: false, cause, nearest }, 409)
}

function stream({ maintenance, clock }: EngineView, { request }: Call): HttpResponse {
  readQuery(request.query, {})
  return {
    status: 200,
    contentType: 'text/event-stream',
    body: '',
    headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
    stream(write) {
      write(': following maintenance\n\n')
      const leave = maintenance.subscribe((event) => write(eventOf(event)))
      const endHeartbeat = clock.every(HEARTBEAT_EVERY_MS, () => write(': heartbeat\n\n'))
      return () => {
        leave()
        endHeartbeat()
      }
    },
  }
}

const eventOf = (event: MaintenanceEvent): string =>
  `event: ${event.change}\ndata: ${JSON.stringify(event)}\n\n`
