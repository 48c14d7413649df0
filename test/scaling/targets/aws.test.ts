import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AWS_PACKAGE } from '../../../src/scaling/targets/kinds/aws.ts'
import { autoScaling, failure, GROUP, KEY_ID, REGION } from './aws-server.ts'
import { cloudThat } from './cloud.ts'
import { keepsTheContract, openFor, type TargetInput } from './target-contract.ts'

const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: KEY_ID,
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: 'not-there',
  AWS_SHARED_CREDENTIALS_FILE: 'not-there',
}

const before = { ...process.env }

beforeAll(async () => {
  Object.assign(process.env, CREDENTIALS)
  await import(AWS_PACKAGE)
})

afterAll(() => {
  process.env = before
})

const optionsFor = (endpoint: string, over: object = {}): TargetInput => ({
  aws: { group: GROUP, region: REGION, endpoint, ...over },
})

describe('an Auto Scaling group of AWS', () => {
  keepsTheContract(async () => {
    const cloud = await autoScaling()
    return { cloud, options: optionsFor(cloud.url) }
  })

  it('is asked without its own cooldown, unless that is wished', async () => {
    const cloud = await autoScaling()
    await openFor(optionsFor(cloud.url)).scaleTo(2)
    await openFor(optionsFor(cloud.url, { honorCooldown: true })).scaleTo(3)
    const honours = cloud.asked.map(({ body }) => new URLSearchParams(body).get('HonorCooldown'))
    expect(honours).toEqual(['false', 'true'])
  })

  it('refuses what is beyond its own maximum, once and in words', async () => {
    const cloud = await autoScaling()
    const target = openFor(optionsFor(cloud.url))
    await expect(target.scaleTo(51)).rejects.toMatchObject({
      message: expect.stringContaining('value 51 is above max value 50') as string,
      context: { kind: 'invalid' },
    })
    expect(cloud.asked).toHaveLength(1)
  })

  it('says so when there is none of that name', async () => {
    const cloud = await autoScaling()
    const target = openFor(optionsFor(cloud.url, { group: 'other' }))
    await expect(target.observe()).rejects.toThrow('there is no Auto Scaling group other in eu-central-1')
    await expect(target.scaleTo(2)).rejects.toThrow('AutoScalingGroup name not found')
  })

  it.each([
    ['ResourceContention', 500, 'busy'],
    ['RequestLimitExceeded', 503, 'throttled'],
    ['ExpiredToken', 403, 'denied'],
    ['InvalidClientTokenId', 403, 'denied'],
    ['ServiceUnavailable', 503, 'unavailable'],
  ])('takes %s for what it is', async (code, status, kind) => {
    const said = failure(status, code, 'in words')
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    const target = openFor({ ...optionsFor(cloud.url), retries: 0 })
    await expect(target.scaleTo(2)).rejects.toMatchObject({ context: { kind } })
  })

  it('is not asked without credentials, which is said', async () => {
    const cloud = await autoScaling()
    const { AWS_ACCESS_KEY_ID } = process.env
    delete process.env.AWS_ACCESS_KEY_ID
    const target = openFor(optionsFor(cloud.url))
    await expect(target.scaleTo(2)).rejects.toMatchObject({ context: { kind: 'denied' } })
    expect(cloud.asked).toEqual([])
    process.env.AWS_ACCESS_KEY_ID = AWS_ACCESS_KEY_ID
  })

  it('says which package to install where it is missing', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'))
    const target = openFor({ aws: { group: GROUP, region: REGION } }, { load })
    await expect(target.scaleTo(2)).rejects.toThrow(
      `the target aws needs the package ${AWS_PACKAGE}, which could not be loaded; install it: npm install ${AWS_PACKAGE}`,
    )
    await target.close()
  })

  it('asks the endpoint of the region where no other is given, and what says nothing is a group of none', async () => {
    const configs: unknown[] = []
    class Command {}
    class AutoScalingClient {
      constructor(config: unknown) {
        configs.push(config)
      }
      send = async () => ({ AutoScalingGroups: [{}] })
      destroy = () => undefined
    }
    const sdk = {
      AutoScalingClient,
      SetDesiredCapacityCommand: Command,
      DescribeAutoScalingGroupsCommand: Command,
    }
    const target = openFor({ aws: { group: GROUP, region: REGION } }, { load: async () => sdk })
    expect(await target.observe()).toEqual({ desired: 0, ready: 0 })
    expect(configs).toEqual([{ region: REGION, maxAttempts: 1 }])
  })
})
