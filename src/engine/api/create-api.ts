/** The HTTP API over an engine: its routes, one file per resource, and who may use them. */
import { MillraceError } from '../../core/errors.ts'
import type { HttpHandler, HttpRequest } from '../../core/http.ts'
import { alertRoutes } from './alerts.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { deviceRoutes } from './devices.ts'
import type { EngineView } from './engine-view.ts'
import { healthRoutes } from './health.ts'
import { incidentRoutes } from './incidents.ts'
import { maintenanceRoutes } from './maintenance.ts'
import { metricsDictionaryRoutes } from './metrics-dictionary.ts'
import { muteRoutes } from './mutes.ts'
import { notificationRoutes } from './notifications.ts'
import { pipelineRoutes } from './pipelines.ts'
import { pipelineStreamRoutes } from './pipeline-stream.ts'
import { recordRoutes } from './records.ts'
import { createRouter } from './router.ts'
import { scalingRoutes } from './scaling.ts'
import { seriesRoutes } from './series.ts'
import { statsRoutes } from './stats.ts'

/** The handler never throws or rejects; it answers with pure data, which any server can carry. */
export function createApi(view: EngineView): HttpHandler {
  const routes = [
    ...healthRoutes(view),
    ...statsRoutes(view),
    ...seriesRoutes(view),
    ...alertRoutes(view),
    ...incidentRoutes(view),
    ...muteRoutes(view),
    ...maintenanceRoutes(view),
    ...deviceRoutes(view),
    ...metricsDictionaryRoutes(view),
    ...recordRoutes(view),
    ...deadLetterRoutes(view),
    ...notificationRoutes(view),
    ...pipelineRoutes(view),
    ...pipelineStreamRoutes(view),
    ...scalingRoutes(view),
  ]
  const authorize = (request: HttpRequest): void => {
    const verdict = view.authorize(request, 'api')
    if (verdict === 'ok') return
    throw new MillraceError(verdict.status === 401 ? 'unauthorized' : 'forbidden', verdict.reason)
  }
  return createRouter(routes, { authorize, fault: (error) => view.fault(error) })
}
