/**
 * `GET /v1/notifications?limit=`: receivers with their figures, and the groups of alerts they are told of.
 * `POST /v1/notifications/receivers/{name}/test` tells a receiver that this is a test.
 */
import type { EngineView } from './engine-view.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json, notFound } from './responses.ts'
import type { Route } from './router.ts'

const page = { limit: wholeNumber(1, 10_000, 100) }
const ACCEPTED = 202

export const notificationRoutes = ({ notifications }: EngineView): Route[] => [
  {
    method: 'GET',
    pattern: '/v1/notifications',
    answer: ({ request }) => {
      const { limit } = readQuery(request.query, page)
      return json({ receivers: notifications.stats(), groups: notifications.groups(limit) })
    },
  },
  {
    method: 'POST',
    pattern: '/v1/notifications/receivers/{name}/test',
    answer: ({ request, params }) => {
      readQuery(request.query, {})
      if (!notifications.test(params.name))
        throw notFound(`no receiver is called ${JSON.stringify(params.name)}`)
      return json({ receiver: params.name }, ACCEPTED)
    },
  },
]
