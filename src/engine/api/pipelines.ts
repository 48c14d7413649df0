/**
 * `GET /v1/pipelines`, `POST /v1/pipelines/{name}/reload` (reads its module again) and `DELETE /v1/pipelines/{name}`. Which
 * modules run is a matter of the configuration and the embedding program: none can be named over HTTP.
 */
import type { HttpResponse } from '../../core/http.ts'
import type { EngineView } from './engine-view.ts'
import { json, notFound } from './responses.ts'
import type { Route } from './router.ts'

export const pipelineRoutes = ({ pipelines }: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/pipelines', answer: () => json({ pipelines: pipelines.list() }) },
  {
    method: 'POST',
    pattern: '/v1/pipelines/{name}/reload',
    answer: async ({ params }) => reload(pipelines, params.name),
  },
  {
    method: 'DELETE',
    pattern: '/v1/pipelines/{name}',
    answer: async ({ params }) => {
      await pipelines.remove(params.name)
      return json({ removed: params.name })
    },
  },
]

async function reload(pipelines: EngineView['pipelines'], name: string): Promise<HttpResponse> {
  const running = pipelines.list().find((pipeline) => pipeline.name === name)
  if (running === undefined) throw notFound(`there is no pipeline ${JSON.stringify(name)}`)
  return json(await pipelines.start(running.url))
}
