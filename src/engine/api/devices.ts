/**
 * The registry: `PUT`, `GET` and `DELETE /v1/devices/{name}`, `GET /v1/devices?limit&after` page by page, and
 * `POST /v1/devices` for many at once, where one that is refused doesn't hold up the others.
 */
import type { Device, DeviceProperties } from '../../core/device.ts'
import { type ErrorCode, MillraceError } from '../../core/errors.ts'
import type { HttpResponse } from '../../core/http.ts'
import type { DeviceRegistry } from '../../devices/registry/device-registry.ts'
import { idFromHex } from './device-ref.ts'
import type { EngineView } from './engine-view.ts'
import { readJson } from './json-body.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json, notFound } from './responses.ts'
import type { Call, Route } from './router.ts'

const page = { limit: wholeNumber(1, 1000, 100), after: wholeNumber(0, 0xffff_ffff, 0) }

interface BulkFailure {
  readonly index: number
  readonly name: unknown
  readonly code: ErrorCode
  readonly message: string
}

export function deviceRoutes({ registry }: EngineView): Route[] {
  const one = '/v1/devices/{name}'
  return [
    { method: 'GET', pattern: '/v1/devices', answer: (call) => list(registry, call) },
    {
      method: 'POST',
      pattern: '/v1/devices',
      answer: ({ request }) => registerAll(registry, readJson(request.body)),
    },
    {
      method: 'GET',
      pattern: one,
      answer: ({ params }) => json(known(find(registry, params.name), params.name)),
    },
    { method: 'PUT', pattern: one, answer: (call) => put(registry, call) },
    {
      method: 'DELETE',
      pattern: one,
      answer: ({ params }) => json(known(registry.delete(params.name), params.name)),
    },
  ]
}

/** By name, or by `#` and the id in hexadecimal. */
function find(registry: DeviceRegistry, name: string): Device | undefined {
  const id = idFromHex(name)
  return registry.get(name) ?? (id === undefined ? undefined : registry.getById(id))
}

function known<T>(device: T | undefined, name: string): T {
  if (device === undefined) throw notFound(`there is no device ${JSON.stringify(name)}`)
  return device
}

/** `next` is the `after` of the next page; null after the last one. */
function list(registry: DeviceRegistry, { request }: Call): HttpResponse {
  const { limit, after } = readQuery(request.query, page)
  return json(registry.page(after, limit))
}

function put(registry: DeviceRegistry, { params, request }: Call): HttpResponse {
  const isNew = registry.get(params.name) === undefined
  const device = registry.register(params.name, asProperties(readJson(request.body)))
  return json(device, isNew ? 201 : 200)
}

function registerAll(registry: DeviceRegistry, items: unknown): HttpResponse {
  if (!Array.isArray(items)) throw new MillraceError('bad-request', 'body: allowed: an array of devices')
  const failed: BulkFailure[] = []
  items.forEach((item: unknown, index) => {
    const failure = registerItem(registry, item)
    if (failure !== undefined) failed.push({ index, ...failure })
  })
  return json({ registered: items.length - failed.length, failed })
}

function registerItem(registry: DeviceRegistry, item: unknown): Omit<BulkFailure, 'index'> | undefined {
  const { name, ...properties } = (item ?? {}) as { name?: unknown }
  try {
    registry.register(name as string, properties)
    return undefined
  } catch (error) {
    // the others would be refused as well
    if (!(error instanceof MillraceError) || error.code === 'not-ready') throw error
    return { name: typeof name === 'string' ? name : null, code: error.code, message: error.message }
  }
}

/** The registry checks whatever it is given. */
const asProperties = (body: unknown): DeviceProperties => body as DeviceProperties
