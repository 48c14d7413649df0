/**
 * `GET /v1/series/{device}/{metric}`. A device is given by name, registered or not (its id follows from the name), or
 * as `#` and its id in hexadecimal; a metric by name, or as `#` and its number. A `#` is `%23` in a path.
 */
import type { HttpResponse } from '../../core/http.ts'
import { deviceIdOf, seriesKey } from '../../core/ids.ts'
import { idFromHex } from './device-ref.ts'
import type { EngineView } from './engine-view.ts'
import { json, notFound } from './responses.ts'
import type { Route } from './router.ts'

export const seriesRoutes = (view: EngineView): Route[] => [
  {
    method: 'GET',
    pattern: '/v1/series/{device}/{metric}',
    answer: ({ params }) => answer(view, params.device, params.metric),
  },
]

function answer(view: EngineView, deviceName: string, metricName: string): HttpResponse {
  const deviceId = deviceIdFrom(view, deviceName)
  const metricId = metricIdFrom(view, metricName)
  if (metricId === undefined) throw notFound(`there is no metric ${JSON.stringify(metricName)}`)
  const series = view.series(deviceId, metricId)
  if (series === undefined) {
    throw notFound(`device ${JSON.stringify(deviceName)} has no series of ${JSON.stringify(metricName)}`)
  }
  return json({
    device: view.registry.nameOf(deviceId) ?? deviceName,
    metric: view.dictionary.byId(metricId)?.name ?? metricName,
    key: seriesKey(deviceId, metricId).toString(),
    ...series,
  })
}

const deviceIdFrom = ({ registry }: EngineView, name: string): number =>
  registry.get(name)?.id ?? idFromHex(name) ?? deviceIdOf(name)

function metricIdFrom({ dictionary }: EngineView, name: string): number | undefined {
  const isId = /^#[0-9]{1,5}$/.test(name)
  return dictionary.get(name)?.id ?? (isId ? idInRange(Number(name.slice(1))) : undefined)
}

const idInRange = (id: number): number | undefined => (id >= 0 && id <= 0xffff ? id : undefined)
