/**
 * Compute Engine as far as the size of a managed instance group goes: JSON over REST, OAuth bearer tokens, operations for
 * what takes time, instances in pages, errors with reasons.
 */
import { type Asked, type Cloud, cloudThat, type Said, type Speech, take } from './cloud.ts'

export const GOOGLE_TOKEN = 'ya29.a-token'
export const ZONE_PATH = '/compute/v1/projects/mill-project/zones/europe-west3-a/instanceGroupManagers/nodes'
export const REGION_PATH =
  '/compute/v1/projects/mill-project/regions/europe-west3/instanceGroupManagers/nodes'
const PAGE = 2

const json = (status: number, body: object): Said => ({
  ...{ status, body: JSON.stringify(body), headers: { 'content-type': 'application/json; charset=UTF-8' } },
})

export const failure = (code: number, reason: string, message: string): Said =>
  json(code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } })

const FAULTS = {
  busy: failure(400, 'resourceNotReady', 'The resource is not ready'),
  throttled: failure(403, 'rateLimitExceeded', 'Rate Limit Exceeded'),
  denied: failure(403, 'forbidden', "Required 'compute.instanceGroupManagers.update' permission"),
  broken: failure(503, 'backendError', 'Internal error. Please try again'),
}

/** Besides what is ready, there is always what isn't. */
const OTHERS = [
  { instanceStatus: 'PROVISIONING', currentAction: 'CREATING' },
  { instanceStatus: 'RUNNING', currentAction: 'VERIFYING' },
  { instanceStatus: 'STOPPING', currentAction: 'DELETING' },
]

function pageOf({ ready }: Cloud, token: string): Said {
  const works = Array.from({ length: ready }, () => ({ instanceStatus: 'RUNNING', currentAction: 'NONE' }))
  const all = [...OTHERS, ...works]
  const from = Number(token)
  const next = from + PAGE < all.length ? { nextPageToken: String(from + PAGE) } : {}
  return json(200, { managedInstances: all.slice(from, from + PAGE), ...next })
}

export function computeEngine(path = ZONE_PATH): Promise<Cloud> {
  const resize = ({ url }: Asked, cloud: Cloud): Said => {
    const size = url.searchParams.get('size') ?? ''
    if (!/^\d+$/.test(size)) return failure(400, 'invalid', "Invalid value for field 'size'")
    take(cloud, Number(size))
    return json(200, {
      ...{ kind: 'compute#operation', id: '1', name: 'operation-1', status: 'RUNNING', progress: 0 },
      ...{ operationType: 'compute.instanceGroupManagers.resize', targetLink: path },
    })
  }
  const speech: Speech = {
    answer(asked, cloud) {
      const { method, url, headers } = asked
      if (headers.authorization !== `Bearer ${GOOGLE_TOKEN}`)
        return failure(401, 'authError', 'Request had invalid authentication credentials')
      switch (`${method} ${url.pathname}`) {
        case `GET ${path}`:
          return json(200, { kind: 'compute#instanceGroupManager', name: 'nodes', targetSize: cloud.desired })
        case `POST ${path}/resize`:
          return resize(asked, cloud)
        case `POST ${path}/listManagedInstances`:
          return pageOf(cloud, url.searchParams.get('pageToken') ?? '0')
        default:
          return failure(404, 'notFound', `The resource '${url.pathname}' was not found`)
      }
    },
    fault: (fault) => FAULTS[fault],
  }
  return cloudThat(speech)
}
