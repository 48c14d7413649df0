import { z } from 'zod'
import { secretOptions } from '../../../core/secret.ts'
import { httpUrlOrNone, orNone, text } from '../values.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const NAME = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/
const API_VERSION = /^([a-z0-9]([-.a-z0-9]*[a-z0-9])?\/)?v[0-9][a-z0-9]*$/

export const kubernetesOptions = z.strictObject({
  name: text('Name of the workload.', NAME, 'a name of Kubernetes'),
  resource: text(
    'Plural of its kind; anything with a scale subresource.',
    LABEL,
    'a plural such as deployments',
  ).default('deployments'),
  apiVersion: text(
    'Group and version of its kind.',
    API_VERSION,
    'a group and a version such as apps/v1',
  ).default('apps/v1'),
  namespace: orNone('Its namespace.', LABEL, 'a name of Kubernetes', 'that of the service account'),
  ready: z.enum(['workload', 'scale']).default('workload').meta({
    description:
      'Where it says what is ready: `status.readyReplicas` of the workload, or `status.replicas` of its scale subresource for kinds without.',
  }),
  url: httpUrlOrNone('Of the API server.', 'as in the cluster that the engine runs in'),
  token: secretOptions(
    'Bearer token; without one and without `url`, that of the service account is read before every request, as it changes',
    1,
  ),
  caFile: z.string().max(4096).default('').meta({
    description: 'Certificates that its own is checked with, PEM.',
    'x-default': "the service account's without `url`, else those of Node",
  }),
})

export type KubernetesOptions = z.output<typeof kubernetesOptions>
