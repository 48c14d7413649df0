import { beforeAll, describe, expect, it } from 'vitest'
import { GOOGLE_PACKAGE } from '../../../src/scaling/targets/kinds/google.ts'
import { cloudThat } from './cloud.ts'
import { computeEngine, failure, GOOGLE_TOKEN, REGION_PATH } from './google-server.ts'
import { keepsTheContract, openFor, type TargetInput } from './target-contract.ts'

beforeAll(async () => {
  await import(GOOGLE_PACKAGE)
})

const GROUP = { project: 'mill-project', group: 'nodes' }
const IN_ZONE = { ...GROUP, zone: 'europe-west3-a' }

const optionsFor = (endpoint: string, over: object = IN_ZONE): TargetInput => ({
  google: { ...(over as typeof IN_ZONE), endpoint, token: GOOGLE_TOKEN },
})

describe('a managed instance group of Google', () => {
  keepsTheContract(async () => {
    const cloud = await computeEngine()
    return { cloud, options: optionsFor(cloud.url) }
  })

  it('can be of a region', async () => {
    const cloud = await computeEngine(REGION_PATH)
    const target = openFor(optionsFor(cloud.url, { ...GROUP, region: 'europe-west3' }))
    await target.scaleTo(6)
    expect(await target.observe()).toEqual({ desired: 6, ready: 6 })
    expect(target.status().place).toBe('instance group nodes in europe-west3')
  })

  it('is opened by a token that is asked for each time', async () => {
    const cloud = await computeEngine()
    const env = { token: GOOGLE_TOKEN }
    const options = { google: { ...IN_ZONE, endpoint: cloud.url, token: { env: 'GOOGLE' } } }
    const target = openFor(options, { env: () => env.token })
    await target.scaleTo(2)
    env.token = 'expired'
    await expect(target.scaleTo(3)).rejects.toMatchObject({ context: { kind: 'denied' } })
    env.token = ''
    await expect(target.scaleTo(3)).rejects.toThrow('the secret in GOOGLE is missing')
  })

  it('says so when there is none of that name', async () => {
    const cloud = await computeEngine()
    const target = openFor(optionsFor(cloud.url, { ...IN_ZONE, group: 'others' }))
    await expect(target.scaleTo(2)).rejects.toMatchObject({ context: { kind: 'invalid' } })
    expect(cloud.asked).toHaveLength(1)
  })

  it.each([
    ['quotaExceeded', 403, 'throttled'],
    ['resourceInUseByAnotherResource', 400, 'busy'],
    ['invalid', 400, 'invalid'],
    ['backendError', 500, 'unavailable'],
  ])('takes %s for what it is', async (reason, status, kind) => {
    const said = failure(status, reason, 'in words')
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    const target = openFor({ ...optionsFor(cloud.url), retries: 0 })
    await expect(target.scaleTo(2)).rejects.toMatchObject({
      context: { kind },
      message: 'target fleet: in words',
    })
    expect(cloud.asked).toHaveLength(1)
  })

  it('takes an error without reasons by its status', async () => {
    const said = { status: 429, body: 'slow down' }
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    const target = openFor({ ...optionsFor(cloud.url), retries: 0 })
    await expect(target.scaleTo(2)).rejects.toMatchObject({ context: { kind: 'throttled' } })
  })

  it('says which package to install where it is missing', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'))
    const target = openFor({ google: { ...IN_ZONE } }, { load })
    await expect(target.scaleTo(2)).rejects.toThrow(
      `the target google needs the package ${GOOGLE_PACKAGE}, which could not be loaded; install it: npm install ${GOOGLE_PACKAGE}`,
    )
  })

  it("uses the application's default credentials at Google's own endpoint where nothing else is said", async () => {
    const opened: unknown[] = []
    class GoogleAuth {
      readonly options: unknown
      constructor(options: unknown) {
        this.options = options
      }
    }
    const answers: object[] = [{}, {}]
    const call = async () => ({ data: answers.shift() })
    const instanceGroupManagers = { get: call, listManagedInstances: call }
    const compute = (options: unknown) => {
      opened.push(options)
      return { instanceGroupManagers }
    }
    const target = openFor({ google: IN_ZONE }, { load: async () => ({ auth: { GoogleAuth }, compute }) })
    expect(await target.observe()).toEqual({ desired: 0, ready: 0 })
    const auth = { options: { scopes: ['https://www.googleapis.com/auth/compute'] } }
    expect(opened).toEqual([{ version: 'v1', auth }])
    instanceGroupManagers.get = () => Promise.reject(new Error('Could not load the default credentials.'))
    await expect(target.observe()).rejects.toMatchObject({ context: { kind: 'denied' } })
  })
})
