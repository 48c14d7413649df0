/**
 * Where the API server is and what opens it. In a cluster that is what every pod is given: the server's address in the
 * environment; token, certificates and namespace in files that change while it runs, so they are read each time.
 */
import { readSecret } from '../../../core/secret.ts'
import { TargetFailure } from '../target-adapter.ts'
import type { TargetPorts } from '../target-ports.ts'
import type { KubernetesOptions } from './kubernetes-options.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface KubernetesAccess {
  /** Without a slash at its end. */
  readonly server: string
  /** '' = none is sent. */
  readonly token: string
  readonly ca: string
  readonly namespace: string
}

type AccessPorts = Pick<TargetPorts, 'env' | 'readText'>

export async function kubernetesAccess(
  options: KubernetesOptions,
  ports: AccessPorts,
): Promise<KubernetesAccess> {
  try {
    return await accessOf(options, ports)
  } catch (error) {
    throw new TargetFailure('denied', (error as Error).message)
  }
}

async function accessOf(options: KubernetesOptions, ports: AccessPorts): Promise<KubernetesAccess> {
  const { url, caFile } = options
  const isInside = url === ''
  const account = (file: string): Promise<string> => ports.readText(`${SERVICE_ACCOUNT}/${file}`)
  const given = await readSecret(options.token, 1, ports)
  const caOf = async (): Promise<string> => {
    if (caFile !== '') return ports.readText(caFile)
    return isInside ? account('ca.crt') : ''
  }
  return {
    server: isInside ? serverOf(ports) : url.replace(/\/+$/, ''),
    token: given ?? (isInside ? (await account('token')).trim() : ''),
    ca: await caOf(),
    namespace: options.namespace === '' ? (await account('namespace')).trim() : options.namespace,
  }
}

function serverOf({ env }: AccessPorts): string {
  const host = env('KUBERNETES_SERVICE_HOST') ?? ''
  if (host === '')
    throw new Error('not in a cluster (KUBERNETES_SERVICE_HOST is not set), and no url is given')
  return `https://${host.includes(':') ? `[${host}]` : host}:${env('KUBERNETES_SERVICE_PORT') ?? '443'}`
}
