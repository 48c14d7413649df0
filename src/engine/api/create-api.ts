/** The HTTP API over an engine: its routes, one file per resource, and who may use them. */
import { MillraceError } from '../../core/errors.ts'
import type { HttpRequest, PromptHttpHandler } from '../../core/http.ts'
import { alertRoutes } from './alerts.ts'
import { deviceRoutes } from './devices.ts'
import type { EngineView } from './engine-view.ts'
import { healthRoutes } from './health.ts'
import { metricsDictionaryRoutes } from './metrics-dictionary.ts'
import { recordRoutes } from './records.ts'
import { createRouter } from './router.ts'
import { seriesRoutes } from './series.ts'
import { statsRoutes } from './stats.ts'

/** The handler never throws; it answers with pure data, which any server can carry. */
export function createApi(view: EngineView): PromptHttpHandler {
  const routes = [
    ...healthRoutes(view),
    ...statsRoutes(view),
    ...seriesRoutes(view),
    ...alertRoutes(view),
    ...deviceRoutes(view),
    ...metricsDictionaryRoutes(view),
    ...recordRoutes(view),
  ]
  const authorize = (request: HttpRequest): void => {
    const verdict = view.authorize(request, 'api')
    if (verdict === 'ok') return
    throw new MillraceError(verdict.status === 401 ? 'unauthorized' : 'forbidden', verdict.reason)
  }
  return createRouter(routes, { authorize, fault: (error) => view.fault(error) })
}
