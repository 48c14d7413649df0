/** `GET /v1/stats` and the same figures for Prometheus at `GET /metrics`. */
import { PROMETHEUS_CONTENT_TYPE } from '../../observability/prometheus.ts'
import type { EngineView } from './engine-view.ts'
import { json } from './responses.ts'
import type { Route } from './router.ts'

export const statsRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/stats', answer: () => json(view.stats()) },
  {
    method: 'GET',
    pattern: '/metrics',
    answer: () => ({ status: 200, contentType: PROMETHEUS_CONTENT_TYPE, body: view.prometheus() }),
  },
]
