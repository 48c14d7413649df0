/** `GET /v1/metrics-dictionary`, and `GET` and `PUT` of one metric under its name. */
import type { MetricEntry, MetricProperties } from '../../devices/registry/metrics-dictionary.ts'
import type { EngineView } from './engine-view.ts'
import { readJson } from './json-body.ts'
import { json, notFound } from './responses.ts'
import type { Route } from './router.ts'

export function metricsDictionaryRoutes({ dictionary }: EngineView): Route[] {
  const one = '/v1/metrics-dictionary/{name}'
  return [
    { method: 'GET', pattern: '/v1/metrics-dictionary', answer: () => json(dictionary) },
    {
      method: 'GET',
      pattern: one,
      answer: ({ params }) => {
        const entry = dictionary.get(params.name)
        if (entry === undefined) throw notFound(`there is no metric ${JSON.stringify(params.name)}`)
        return json(documentOf(entry))
      },
    },
    {
      method: 'PUT',
      pattern: one,
      answer: ({ params, request }) => {
        const isNew = dictionary.get(params.name) === undefined
        // the dictionary checks whatever it is given
        const entry = dictionary.define(params.name, readJson(request.body) as MetricProperties)
        return json(documentOf(entry), isNew ? 201 : 200)
      },
    },
  ]
}

const documentOf = ({ name, id, unit, anomaly }: MetricEntry): object => ({ name, id, unit, ...anomaly })
