/** `GET /healthz`: the process answers. `GET /readyz`: the engine takes data. Neither needs a token. */
import type { EngineView } from './engine-view.ts'
import { failure, json } from './responses.ts'
import type { Route } from './router.ts'

export const healthRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/healthz', open: true, answer: () => json({ healthy: true }) },
  {
    method: 'GET',
    pattern: '/readyz',
    open: true,
    answer: () => {
      const readiness = view.ready()
      return readiness.ready
        ? json({ ready: true })
        : failure('not-ready', readiness.reason, { 'retry-after': '1' })
    },
  },
]
