/**
 * `GET /v1/incidents?state=open|ended&limit=`, the latest first; `GET /v1/incidents/{id}` with its first members;
 * `GET /v1/incidents/stream`; `GET /v1/escalations`, the devices whose tier is raised.
 */
import { z } from 'zod'
import type { Incident, IncidentChange } from '../../core/incident.ts'
import type { HttpResponse } from '../../core/http.ts'
import type { EngineView } from './engine-view.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json, notFound } from './responses.ts'
import type { Call, Route } from './router.ts'

const STATES = ['open', 'ended'] as const
const parameters = {
  state: z.enum(STATES, { error: STATES.join(', ') }).optional(),
  limit: wholeNumber(1, 10_000, 100),
}
const UPDATES_EVERY_MS = 1000
const HEARTBEAT_EVERY_MS = 15_000

export const incidentRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/incidents', answer: (call) => list(view, call) },
  {
    method: 'GET',
    pattern: '/v1/incidents/{id}',
    answer: (call) => (call.params.id === 'stream' ? stream(view, call) : one(view, call)),
  },
  { method: 'GET', pattern: '/v1/escalations', answer: (call) => escalations(view, call) },
]

function list({ incidents }: EngineView, { request }: Call): HttpResponse {
  const { state, limit } = readQuery(request.query, parameters)
  return json({ ...incidents.stats, incidents: incidents.book.recent(limit, state) })
}

function one({ incidents }: EngineView, { request, params }: Call): HttpResponse {
  readQuery(request.query, {})
  const found = incidents.book.find(params.id)
  if (found === undefined) throw notFound(`there is no incident ${JSON.stringify(params.id)}`)
  return json({ ...found.incident, listed: found.listed })
}

function escalations({ escalation }: EngineView, { request }: Call): HttpResponse {
  const { limit } = readQuery(request.query, { limit: parameters.limit })
  return json({ ...escalation.stats, list: escalation.list(limit) })
}

/** An incident opening, ending or being merged is sent at once, other changes once a second with their latest state. */
function stream(view: EngineView, { request }: Call): HttpResponse {
  readQuery(request.query, {})
  return {
    status: 200,
    contentType: 'text/event-stream',
    body: '',
    headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
    stream: (write) => follow(view, write),
  }
}

function follow({ incidents, clock }: EngineView, write: (chunk: string) => void): () => void {
  const waiting = new Map<string, Incident>()
  write(': following incidents\n\n')
  const leave = incidents.book.subscribe((incident, change) => {
    if (change === 'updated') return void waiting.set(incident.id, incident)
    waiting.delete(incident.id)
    write(eventOf(incident, change))
  })
  const endUpdates = clock.every(UPDATES_EVERY_MS, () => {
    for (const incident of waiting.values()) write(eventOf(incident, 'updated'))
    waiting.clear()
  })
  const endHeartbeat = clock.every(HEARTBEAT_EVERY_MS, () => write(': heartbeat\n\n'))
  return () => {
    leave()
    endUpdates()
    endHeartbeat()
  }
}

const eventOf = (incident: Incident, change: IncidentChange): string =>
  `event: ${change}\ndata: ${JSON.stringify(incident)}\n\n`
