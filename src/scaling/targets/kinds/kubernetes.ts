/** A workload of Kubernetes: asked for its size through the scale subresource of the REST API. */
import type { TargetState } from '../../../core/scaling.ts'
import { failureOfAnswer, isCount, jsonObject } from '../http/answers.ts'
import { type TargetAdapter, TargetFailure } from '../target-adapter.ts'
import type { TargetPorts } from '../target-ports.ts'
import { kubernetesAccess } from './kubernetes-access.ts'
import type { KubernetesOptions } from './kubernetes-options.ts'

/** What is read of a workload and of a Scale alike. */
interface Workload {
  readonly spec?: { readonly replicas?: unknown }
  readonly status?: { readonly replicas?: unknown; readonly readyReplicas?: unknown }
}

/** As the API answers when something is wrong. */
interface Status {
  readonly reason?: unknown
  readonly message?: unknown
}

export class KubernetesTarget implements TargetAdapter {
  readonly place: string
  readonly #options: KubernetesOptions
  readonly #ports: TargetPorts

  constructor(options: KubernetesOptions, ports: TargetPorts) {
    const { resource, namespace, name } = options
    this.place = `${resource} ${namespace === '' ? '' : `${namespace}/`}${name}`
    this.#options = options
    this.#ports = ports
  }

  /** A patch without a version: whoever changed it last has wished last. */
  async scaleTo(units: number, signal: AbortSignal): Promise<void> {
    await this.#ask('PATCH', '/scale', JSON.stringify({ spec: { replicas: units } }), signal)
  }

  /** A count of nothing is left out of a status, and of a Scale altogether. */
  async observe(_wished: number | null, signal: AbortSignal): Promise<TargetState> {
    const isWorkload = this.#options.ready === 'workload'
    const { spec, status } = await this.#ask('GET', isWorkload ? '' : '/scale', '', signal)
    const desired = isWorkload ? spec?.replicas : spec && (spec.replicas ?? 0)
    const ready = (isWorkload ? status?.readyReplicas : status?.replicas) ?? 0
    if (isCount(desired) && isCount(ready)) return { desired, ready }
    throw new TargetFailure('invalid', `${this.place} does not say its replicas as numbers`)
  }

  close(): void {}

  async #ask(
    method: 'GET' | 'PATCH',
    subresource: string,
    body: string,
    signal: AbortSignal,
  ): Promise<Workload> {
    const { http, clock } = this.#ports
    const { server, token, ca, namespace } = await kubernetesAccess(this.#options, this.#ports)
    const answer = await http.ask({
      ...{ method, body, ca, signal, allowPrivate: true },
      url: new URL(`${server}${this.#pathIn(namespace)}${subresource}`),
      headers: {
        accept: 'application/json',
        ...(body === '' ? {} : { 'content-type': 'application/merge-patch+json' }),
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      },
    })
    const said = jsonObject(answer.body)
    if (answer.status < 200 || answer.status > 299)
      throw failureOfAnswer(answer, wordsOf(said ?? {}), clock.epochMs())
    if (said === undefined) throw new TargetFailure('unavailable', 'the answer is not JSON')
    return said
  }

  #pathIn(namespace: string): string {
    const { apiVersion, resource, name } = this.#options
    const root = apiVersion.includes('/') ? 'apis' : 'api'
    return `/${root}/${apiVersion}/namespaces/${namespace}/${resource}/${name}`
  }
}

const wordsOf = ({ reason, message }: Status): string =>
  [reason, message].filter((part) => typeof part === 'string').join(': ')
