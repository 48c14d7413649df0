/**
 * An Auto Scaling group of AWS, through the official SDK, which finds the credentials itself (environment, profile, role
 * of the machine or of the pod). The group's own minimum and maximum hold: what is beyond them is refused.
 */
import { z } from 'zod'
import { MillraceError } from '../../../core/errors.ts'
import type { TargetState } from '../../../core/scaling.ts'
import { optionalPackage } from '../optional-package.ts'
import { kindOfStatus, type TargetAdapter, TargetFailure, type TargetFailureKind } from '../target-adapter.ts'
import type { TargetPorts } from '../target-ports.ts'
import { flag, httpUrlOrNone, text } from '../values.ts'

export const awsOptions = z.strictObject({
  group: text('Name of the Auto Scaling group.', /^[^\p{Cc}:]{1,255}$/u, 'a name of at most 255 characters'),
  region: text('Its region.', /^[a-z]{2,}(-[a-z]+)+-\d+$/, 'a region such as eu-central-1'),
  honorCooldown: flag("Whether it waits for the group's own cooldown; the policy has its own."),
  endpoint: httpUrlOrNone('Another endpoint, such as of a VPC.', 'that of the region'),
})

export type AwsOptions = z.output<typeof awsOptions>

export const AWS_PACKAGE = '@aws-sdk/client-auto-scaling'

/** What is used of the package. */
interface AwsPackage {
  readonly AutoScalingClient: new (config: Readonly<Record<string, unknown>>) => AwsClient
  readonly SetDesiredCapacityCommand: AwsCommand
  readonly DescribeAutoScalingGroupsCommand: AwsCommand
}

type AwsCommand = new (input: Readonly<Record<string, unknown>>) => object

interface AwsClient {
  send(command: object, options: { readonly abortSignal: AbortSignal }): Promise<unknown>
  destroy(): void
}

interface Described {
  readonly AutoScalingGroups?: readonly {
    readonly DesiredCapacity?: number
    readonly Instances?: readonly { readonly LifecycleState?: string; readonly HealthStatus?: string }[]
  }[]
}

interface AwsError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const BUSY = ['ScalingActivityInProgressFault', 'ResourceContentionFault']
const THROTTLED = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException']
const DENIED =
  /^(AccessDenied|UnauthorizedOperation|AuthFailure|InvalidClientTokenId|ExpiredToken|SignatureDoesNotMatch|OptInRequired|MissingAuthenticationToken|CredentialsProviderError)/

export class AwsTarget implements TargetAdapter {
  readonly place: string
  readonly #options: AwsOptions
  readonly #ports: TargetPorts
  #opened: Promise<{ readonly sdk: AwsPackage; readonly client: AwsClient }> | undefined

  constructor(options: AwsOptions, ports: TargetPorts) {
    this.place = `Auto Scaling group ${options.group} in ${options.region}`
    this.#options = options
    this.#ports = ports
  }

  async scaleTo(units: number, signal: AbortSignal): Promise<void> {
    const { group, honorCooldown } = this.#options
    const input = { AutoScalingGroupName: group, DesiredCapacity: units, HonorCooldown: honorCooldown }
    await this.#send(({ SetDesiredCapacityCommand }) => new SetDesiredCapacityCommand(input), signal)
  }

  async observe(_wished: number | null, signal: AbortSignal): Promise<TargetState> {
    const input = { AutoScalingGroupNames: [this.#options.group] }
    const { AutoScalingGroups: groups = [] } = (await this.#send(
      ({ DescribeAutoScalingGroupsCommand }) => new DescribeAutoScalingGroupsCommand(input),
      signal,
    )) as Described
    if (groups.length === 0) throw new TargetFailure('invalid', `there is no ${this.place}`)
    const { DesiredCapacity: desired = 0, Instances: instances = [] } = groups[0]
    const works = instances.filter(
      ({ LifecycleState, HealthStatus }) => LifecycleState === 'InService' && HealthStatus === 'Healthy',
    )
    return { desired, ready: works.length }
  }

  close(): void {
    void this.#opened?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    )
  }

  async #send(command: (sdk: AwsPackage) => object, signal: AbortSignal): Promise<unknown> {
    this.#opened ??= this.#open()
    try {
      const { sdk, client } = await this.#opened
      return await client.send(command(sdk), { abortSignal: signal })
    } catch (error) {
      throw failureOf(error as AwsError)
    }
  }

  /** One attempt per request: trying again is not the SDK's here. */
  async #open() {
    const { region, endpoint } = this.#options
    const sdk = await optionalPackage<AwsPackage>(this.#ports.load, AWS_PACKAGE, 'the target aws')
    const client = new sdk.AutoScalingClient({
      ...{ region, maxAttempts: 1 },
      ...(endpoint === '' ? {} : { endpoint }),
    })
    return { sdk, client }
  }
}

function failureOf(error: AwsError): TargetFailure {
  if (error instanceof MillraceError) return new TargetFailure('invalid', error.message)
  return new TargetFailure(kindOf(error), `${error.name}: ${error.message}`)
}

/** Only some errors have a status that says it all. */
function kindOf({ name, $metadata }: AwsError): TargetFailureKind {
  if (BUSY.includes(name)) return 'busy'
  if (THROTTLED.includes(name)) return 'throttled'
  if (DENIED.test(name)) return 'denied'
  return kindOfStatus($metadata?.httpStatusCode ?? 0)
}
