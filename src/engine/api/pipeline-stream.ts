/**
 * `GET /v1/pipelines/{name}/stream?node=&after=`: the items of a pipeline's `subscribers` sinks as server-sent events, or
 * as messages of the WebSocket that was asked for. A browser that comes back says where it was in `Last-Event-ID`; whoever
 * can't send a header says it in `after`.
 */
import { z } from 'zod'
import type { HttpResponse } from '../../core/http.ts'
import type { EngineView } from './engine-view.ts'
import { readQuery } from './query.ts'
import { notFound } from './responses.ts'
import type { Call, Route } from './router.ts'

const parameters = { node: z.string().optional(), after: z.string().default('') }

export const pipelineStreamRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/pipelines/{name}/stream', answer: (call) => follow(view, call) },
]

function follow({ streams }: EngineView, { request, params }: Call): HttpResponse {
  const { node, after } = readQuery(request.query, parameters)
  const shown = JSON.stringify(params.name)
  const hub = streams.find(params.name)
  if (hub === undefined) throw notFound(`there is no pipeline ${shown} with subscribers`)
  if (node !== undefined && !hub.nodes.has(node)) {
    const allowed = [...hub.nodes].join(', ')
    throw notFound(`${JSON.stringify(node)} is no sink of subscribers of ${shown}; there are: ${allowed}`)
  }
  const place = { node, after: request.lastEventId ?? after }
  if (request.isUpgrade === true)
    return {
      ...{ status: 200, contentType: 'application/json', body: '', isSocket: true },
      stream: (write) => hub.follow({ ...place, form: 'messages' }, write),
    }
  return {
    status: 200,
    contentType: 'text/event-stream',
    body: '',
    headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
    stream: (write) => hub.follow({ ...place, form: 'events' }, write),
  }
}
