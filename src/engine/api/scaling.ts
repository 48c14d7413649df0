/**
 * `GET /v1/scaling`, what pools have and why; `…/decisions`, the latest first, and `…/events`, each as it is made;
 * `…/desired`, a number for autoscalers that come and ask; `…/report` as JSON, CSV or SVG; `PUT` and `DELETE …/override`;
 * `PATCH …/policy`, a merge patch, and `DELETE …/policy`, which takes these back.
 */
import { z } from 'zod'
import type { HttpResponse } from '../../core/http.ts'
import type { ScalingDecision } from '../../core/scaling.ts'
import { efficiencyChart, efficiencyCsv } from '../../scaling/report/efficiency.ts'
import type { EngineView } from './engine-view.ts'
import { readJson } from './json-body.ts'
import { readBody } from './mutes.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Call, Route } from './router.ts'

const HEARTBEAT_EVERY_MS = 15_000
const LATEST = 20
const FORMATS = ['json', 'csv', 'svg'] as const
const DESIRED_FORMATS = ['metrics-api', 'external-metrics'] as const

const pool = z.string().min(1).optional()
const text = z.string({ error: 'a text of up to 1024 characters' }).max(1024, {
  error: 'a text of up to 1024 characters',
})
const MOST_MS = 31_536_000_000
const overrideBody = {
  pool: text.optional(),
  units: z.int({ error: 'a whole number of units' }),
  until: z.number({ error: 'milliseconds since the epoch' }).optional(),
  forMs: z
    .number({ error: 'milliseconds, at most a year' })
    .positive({ error: 'milliseconds, more than 0' })
    .max(MOST_MS, { error: 'milliseconds, at most a year' })
    .optional(),
  by: text.min(1, { error: 'who wants it, not empty' }),
  comment: text.optional(),
}

export const scalingRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/scaling', answer: (call) => state(view, call) },
  { method: 'GET', pattern: '/v1/scaling/decisions', answer: (call) => decisions(view, call) },
  { method: 'GET', pattern: '/v1/scaling/events', answer: (call) => events(view, call) },
  { method: 'GET', pattern: '/v1/scaling/desired', answer: (call) => desired(view, call) },
  { method: 'GET', pattern: '/v1/scaling/report', answer: (call) => report(view, call) },
  {
    method: 'PUT',
    pattern: '/v1/scaling/override',
    answer: ({ request }) => json(view.scaling.override(readBody(request.body, overrideBody))),
  },
  {
    method: 'DELETE',
    pattern: '/v1/scaling/override',
    answer: ({ request }) => {
      view.scaling.endOverride(readQuery(request.query, { pool }).pool)
      return json({ override: null })
    },
  },
  {
    method: 'PATCH',
    pattern: '/v1/scaling/policy',
    answer: ({ request }) => {
      const { pool: name } = readQuery(request.query, { pool })
      return json(view.scaling.change(readJson(request.body), name))
    },
  },
  {
    method: 'DELETE',
    pattern: '/v1/scaling/policy',
    answer: ({ request }) => json(view.scaling.endChanges(readQuery(request.query, { pool }).pool)),
  },
]

function state({ scaling }: EngineView, { request }: Call): HttpResponse {
  readQuery(request.query, {})
  return json({ ...scaling.state(), decisions: scaling.decisions(LATEST) })
}

function decisions({ scaling }: EngineView, { request }: Call): HttpResponse {
  const {
    limit,
    before,
    pool: name,
  } = readQuery(request.query, {
    limit: wholeNumber(1, 10_000, 100),
    before: wholeNumber(1, 9_999_999_999, 9_999_999_999),
    pool,
  })
  const page = scaling.decisions(limit, before, name)
  return json({ decisions: page, next: page.length < limit ? null : page[page.length - 1].id })
}

/** What KEDA's `metrics-api` scaler reads (`valueLocation: desired`), or a list as the external metrics API gives. */
function desired({ scaling, clock }: EngineView, { request }: Call): HttpResponse {
  const { format, pool: name } = readQuery(request.query, {
    format: z.enum(DESIRED_FORMATS, { error: DESIRED_FORMATS.join(', ') }).default('metrics-api'),
    pool,
  })
  const wanted = scaling.desired(name)
  if (format === 'metrics-api') return json(wanted)
  return json({
    ...{ kind: 'ExternalMetricValueList', apiVersion: 'external.metrics.k8s.io/v1beta1', metadata: {} },
    items: [
      {
        ...{ metricName: 'millrace_scaling_desired_units', metricLabels: { pool: wanted.pool } },
        ...{ timestamp: new Date(clock.epochMs()).toISOString(), value: String(wanted.desired) },
      },
    ],
  })
}

function report({ scaling }: EngineView, { request }: Call): HttpResponse {
  const { format, pool: name } = readQuery(request.query, {
    format: z.enum(FORMATS, { error: FORMATS.join(', ') }).default('json'),
    pool,
  })
  const made = scaling.report(name)
  if (format === 'json') return json(made)
  if (format === 'csv')
    return { status: 200, contentType: 'text/csv; charset=utf-8', body: efficiencyCsv(made.days) }
  return { status: 200, contentType: 'image/svg+xml', body: efficiencyChart(made.pool, made.timeline) }
}

function events({ scaling, clock }: EngineView, { request }: Call): HttpResponse {
  const { after } = readQuery(request.query, { after: z.string().optional() })
  const from = Number(request.lastEventId ?? after ?? NaN)
  return {
    ...{ status: 200, contentType: 'text/event-stream', body: '' },
    headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
    stream(write) {
      write(': following decisions\n\n')
      const tell = (decision: ScalingDecision): void =>
        write(`event: decision\ndata: ${JSON.stringify(decision)}\nid: ${decision.id}\n\n`)
      const leave = scaling.follow(Number.isFinite(from) ? from : undefined, tell)
      const leaveSteps = scaling.followSteps((step) =>
        write(`event: degradation\ndata: ${JSON.stringify(step)}\n\n`),
      )
      const endHeartbeat = clock.every(HEARTBEAT_EVERY_MS, () => write(': heartbeat\n\n'))
      return () => {
        leave()
        leaveSteps()
        endHeartbeat()
      }
    },
  }
}
