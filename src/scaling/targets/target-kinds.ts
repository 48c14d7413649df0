/** All kinds of targets beyond the process, what a configuration says of one, and how it is opened. */
import { z } from 'zod'
import { AwsTarget, awsOptions } from './kinds/aws.ts'
import { CommandTarget, commandOptions } from './kinds/command.ts'
import { GoogleTarget, googleOptions } from './kinds/google.ts'
import { KubernetesTarget } from './kinds/kubernetes.ts'
import { kubernetesOptions } from './kinds/kubernetes-options.ts'
import { WebhookTarget, webhookOptions } from './kinds/webhook.ts'
import { steadyOptions } from './steady-options.ts'
import { SteadyTarget } from './steady-target.ts'
import type { TargetAdapter } from './target-adapter.ts'
import type { TargetPorts } from './target-ports.ts'

const KINDS = ['kubernetes', 'aws', 'google', 'webhook', 'command'] as const

export type TargetKind = (typeof KINDS)[number]

/** Options of one target: one kind, and what holds for all. */
export const targetOptions = z
  .strictObject({
    kubernetes: kubernetesOptions.optional().meta({ description: 'A workload of Kubernetes.' }),
    aws: awsOptions.optional().meta({ description: 'An Auto Scaling group of AWS.' }),
    google: googleOptions.optional().meta({ description: 'A managed instance group of Google.' }),
    webhook: webhookOptions.optional().meta({ description: 'HTTP(S) POST.' }),
    command: commandOptions.optional().meta({ description: 'A program that is run.' }),
    unit: z.enum(['node', 'worker']).default('node').meta({ description: 'What a unit of it is.' }),
    ...steadyOptions,
  })
  .refine((given) => KINDS.filter((kind) => given[kind] !== undefined).length === 1)
  .meta({ 'x-allowed': `a target with exactly one of ${KINDS.join(', ')}` })

export type TargetOptions = z.output<typeof targetOptions>

/** `name`: what policies call it. Nothing is sent yet. */
export function openTarget(name: string, options: TargetOptions, ports: TargetPorts): SteadyTarget {
  const adapter = adapterOf(name, options, ports)
  const { clock, random } = ports
  return new SteadyTarget({ name, unit: options.unit, adapter, options, clock, random })
}

function adapterOf(name: string, options: TargetOptions, ports: TargetPorts): TargetAdapter {
  const { kubernetes, aws, google, webhook } = options
  if (kubernetes !== undefined) return new KubernetesTarget(kubernetes, ports)
  if (aws !== undefined) return new AwsTarget(aws, ports)
  if (google !== undefined) return new GoogleTarget(google, ports)
  if (webhook !== undefined) return new WebhookTarget(name, webhook, ports)
  return new CommandTarget(name, options.command as z.output<typeof commandOptions>, ports)
}

const SECRETS = ['secret', 'bearer', 'token']
const HOLDERS = ['env', 'file']

/**
 * Whether a secret can stand there, by its path within the options of a target: a key, a token, a header, or a webhook's URL,
 * whose path lets in whoever knows it at many receivers. The name of a variable or a file that holds one is none.
 */
export function isTargetSecret([kind, option, holder]: readonly PropertyKey[]): boolean {
  if (kind === 'webhook' && ['url', 'statusUrl', 'headers'].includes(String(option))) return true
  const isKind = KINDS.some((one) => one === kind)
  return isKind && SECRETS.includes(String(option)) && !HOLDERS.includes(String(holder))
}
