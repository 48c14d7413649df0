/**
 * The API server of Kubernetes as far as a workload's size goes: bearer tokens, the workload and its scale subresource by
 * GET, PUT and PATCH, versions of resources that conflict, and Status objects when something is wrong.
 */
import { type Asked, type Cloud, cloudThat, type Said, type Speech, take } from './cloud.ts'

export const KUBERNETES_TOKEN = 'token-of-the-service-account'
const PATCHES = ['application/merge-patch+json', 'application/strategic-merge-patch+json']

export interface Workload {
  readonly path: string
  /** What its Scale says of readiness is only the number of pods. */
  readonly pods?: (cloud: Cloud) => number
}

const json = (status: number, body: object, headers: Record<string, string> = {}): Said => ({
  ...{ status, body: JSON.stringify(body) },
  headers: { 'content-type': 'application/json', ...headers },
})

const failure = (code: number, reason: string, message: string, headers = {}): Said =>
  json(
    code,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
    headers,
  )

const FAULTS = {
  busy: failure(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified'),
  throttled: failure(429, 'TooManyRequests', 'the server has received too many requests', {
    'retry-after': '0',
  }),
  denied: failure(403, 'Forbidden', 'cannot patch resource "deployments/scale" in API group "apps"'),
  broken: failure(500, 'InternalError', 'etcdserver: leader changed'),
}

export function kubernetes(
  workload: Workload = { path: '/apis/apps/v1/namespaces/iot/deployments/millrace' },
  tokens: readonly string[] = [KUBERNETES_TOKEN],
  tls?: { readonly key: string; readonly cert: string },
): Promise<Cloud> {
  let version = 100
  const scaleOf = (cloud: Cloud): Said =>
    json(200, {
      ...{ kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { resourceVersion: String(version) } },
      // a count of nothing is left out
      spec: cloud.desired === 0 ? {} : { replicas: cloud.desired },
      status: { replicas: (workload.pods ?? (({ desired }) => desired))(cloud) },
    })
  const workloadOf = ({ desired, ready }: Cloud): Said =>
    json(200, {
      ...{ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { resourceVersion: String(version) } },
      spec: { replicas: desired },
      // counts of nothing are left out
      status: ready === 0 ? { replicas: desired } : { replicas: desired, readyReplicas: ready },
    })
  const change = ({ method, headers, body }: Asked, cloud: Cloud): Said => {
    const type = headers['content-type'] ?? ''
    const isAllowed = method === 'PUT' ? type === 'application/json' : PATCHES.includes(type)
    if (!isAllowed) return failure(415, 'UnsupportedMediaType', `the body of the request was in ${type}`)
    const { spec, metadata } = JSON.parse(body) as {
      spec?: { replicas?: number }
      metadata?: { resourceVersion?: string }
    }
    const given = metadata?.resourceVersion
    if (given !== undefined && given !== String(version)) return FAULTS.busy
    if (!Number.isInteger(spec?.replicas) || (spec?.replicas ?? -1) < 0)
      return failure(422, 'Invalid', 'spec.replicas: must be greater than or equal to 0')
    version++
    take(cloud, spec?.replicas ?? 0)
    return scaleOf(cloud)
  }
  const speech: Speech = {
    answer(asked, cloud) {
      const { method, url, headers } = asked
      const { authorization = '' } = headers
      if (!tokens.some((token) => authorization === `Bearer ${token}`))
        return failure(401, 'Unauthorized', 'Unauthorized')
      if (url.pathname === workload.path && method === 'GET') return workloadOf(cloud)
      if (url.pathname !== `${workload.path}/scale`) return failure(404, 'NotFound', 'not found')
      return method === 'GET' ? scaleOf(cloud) : change(asked, cloud)
    },
    fault: (fault) => FAULTS[fault],
  }
  return cloudThat(speech, tls)
}
