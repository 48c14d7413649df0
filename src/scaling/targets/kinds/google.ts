/**
 * A managed instance group of Google Compute Engine, of a zone or of a region, through the official client library. A
 * resize is taken as soon as Google has begun an operation for it; what comes of that shows in the instances.
 */
import { z } from 'zod'
import { MillraceError } from '../../../core/errors.ts'
import { readSecret, secretOptions } from '../../../core/secret.ts'
import type { TargetState } from '../../../core/scaling.ts'
import { optionalPackage } from '../optional-package.ts'
import { kindOfStatus, type TargetAdapter, TargetFailure, type TargetFailureKind } from '../target-adapter.ts'
import type { TargetPorts } from '../target-ports.ts'
import { httpUrlOrNone, orNone, text } from '../values.ts'

const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const PROJECT = /^([a-z0-9.-]+:)?[a-z][-a-z0-9]{4,28}[a-z0-9]$/

export const googleOptions = z
  .strictObject({
    project: text('Id of the project.', PROJECT, 'an id of a project'),
    group: text('Name of the managed instance group.', NAME, 'a name of Compute Engine'),
    zone: orNone('Its zone, if it is of one.', NAME, 'a zone such as europe-west3-a', 'it is of a region'),
    region: orNone('Its region, if it is of one.', NAME, 'a region such as europe-west3', 'it is of a zone'),
    token: secretOptions(
      "OAuth access token, asked for before every request; without one, the application's default credentials",
      1,
    ),
    endpoint: httpUrlOrNone('Another endpoint of the API.', 'https://compute.googleapis.com/'),
  })
  .refine(({ zone, region }) => (zone === '') !== (region === ''))
  .meta({ 'x-allowed': 'a group with either `zone` or `region`' })

export type GoogleOptions = z.output<typeof googleOptions>

export const GOOGLE_PACKAGE = '@googleapis/compute'
const SCOPES = ['https://www.googleapis.com/auth/compute']

type Params = Readonly<Record<string, string | number>>
type Call<Answer> = (
  params: Params,
  options: { readonly signal: AbortSignal; readonly retry: false },
) => Promise<{ readonly data: Answer }>

interface GroupManagers {
  readonly resize: Call<unknown>
  readonly get: Call<{ readonly targetSize?: number | null }>
  readonly listManagedInstances: Call<{
    readonly managedInstances?: readonly {
      readonly instanceStatus?: string | null
      readonly currentAction?: string | null
    }[]
    readonly nextPageToken?: string | null
  }>
}

/** What is used of the package. */
interface GooglePackage {
  readonly auth: {
    readonly GoogleAuth: new (options: { readonly scopes: readonly string[] }) => object
    readonly OAuth2: new () => OAuth2
  }
  compute(options: Readonly<Record<string, unknown>>): {
    readonly instanceGroupManagers: GroupManagers
    readonly regionInstanceGroupManagers: GroupManagers
  }
}

interface OAuth2 {
  setCredentials(credentials: { readonly access_token: string }): void
}

interface Opened {
  readonly managers: GroupManagers
  /** undefined = default credentials. */
  readonly oauth: OAuth2 | undefined
}

interface GoogleError extends Error {
  readonly status?: number | string
  readonly response?: {
    readonly status?: number
    readonly data?: { readonly error?: { readonly errors?: readonly { readonly reason?: string }[] } }
  }
}

const THROTTLED = ['rateLimitExceeded', 'userRateLimitExceeded', 'quotaExceeded']
const BUSY = ['resourceNotReady', 'resourceInUseByAnotherResource', 'operationInProgress']
const NO_CREDENTIALS = /default credentials/

export class GoogleTarget implements TargetAdapter {
  readonly place: string
  readonly #options: GoogleOptions
  readonly #ports: TargetPorts
  readonly #group: Params
  #opened: Promise<Opened> | undefined

  constructor(options: GoogleOptions, ports: TargetPorts) {
    const { project, group, zone, region } = options
    this.place = `instance group ${group} in ${zone}${region}`
    this.#options = options
    this.#ports = ports
    const where = zone === '' ? { region } : { zone }
    this.#group = { project, ...where, instanceGroupManager: group }
  }

  async scaleTo(units: number, signal: AbortSignal): Promise<void> {
    await this.#ask((managers) => managers.resize({ ...this.#group, size: units }, { signal, retry: false }))
  }

  async observe(_wished: number | null, signal: AbortSignal): Promise<TargetState> {
    const options = { signal, retry: false } as const
    const { data } = await this.#ask((managers) => managers.get(this.#group, options))
    let ready = 0
    for (let pageToken = '', isLast = false; !isLast; isLast = pageToken === '') {
      const page = { ...this.#group, ...(pageToken === '' ? {} : { pageToken }) }
      const { data } = await this.#ask((managers) => managers.listManagedInstances(page, options))
      const works = (data.managedInstances ?? []).filter(
        ({ instanceStatus, currentAction }) => instanceStatus === 'RUNNING' && currentAction === 'NONE',
      )
      ready += works.length
      pageToken = data.nextPageToken ?? ''
    }
    return { desired: data.targetSize ?? 0, ready }
  }

  close(): void {}

  async #ask<T>(call: (managers: GroupManagers) => Promise<T>): Promise<T> {
    this.#opened ??= this.#open()
    try {
      const { managers, oauth } = await this.#opened
      if (oauth !== undefined) oauth.setCredentials({ access_token: await this.#token() })
      return await call(managers)
    } catch (error) {
      throw failureOf(error as GoogleError)
    }
  }

  async #open(): Promise<Opened> {
    const { token, endpoint, zone } = this.#options
    const sdk = await optionalPackage<GooglePackage>(this.#ports.load, GOOGLE_PACKAGE, 'the target google')
    const oauth = token === null ? undefined : new sdk.auth.OAuth2()
    const auth = oauth ?? new sdk.auth.GoogleAuth({ scopes: SCOPES })
    const rootUrl = endpoint === '' ? {} : { rootUrl: endpoint }
    const api = sdk.compute({ version: 'v1', auth, ...rootUrl })
    return { managers: zone === '' ? api.regionInstanceGroupManagers : api.instanceGroupManagers, oauth }
  }

  async #token(): Promise<string> {
    try {
      return (await readSecret(this.#options.token, 1, this.#ports)) as string
    } catch (error) {
      throw new TargetFailure('denied', (error as Error).message)
    }
  }
}

function failureOf(error: GoogleError): TargetFailure {
  if (error instanceof TargetFailure) return error
  if (error instanceof MillraceError) return new TargetFailure('invalid', error.message)
  return new TargetFailure(kindOf(error), error.message)
}

/** The reason says more than the status: 403 can be a rate limit. */
function kindOf({ response, message }: GoogleError): TargetFailureKind {
  if (NO_CREDENTIALS.test(message)) return 'denied'
  const reason = response?.data?.error?.errors?.[0]?.reason ?? ''
  if (THROTTLED.includes(reason)) return 'throttled'
  if (BUSY.includes(reason)) return 'busy'
  return kindOfStatus(response?.status ?? 0)
}
