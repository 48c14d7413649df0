import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { NodeExchange } from '../../../src/scaling/targets/http/node-exchange.ts'
import { openTarget, targetOptions } from '../../../src/scaling/targets/target-kinds.ts'
import { machinePorts } from '../../../src/scaling/targets/target-ports.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { type Asked, type Cloud, cloudThat, type Said, take } from './cloud.ts'
import { keepsTheContract, openFor, type TargetInput } from './target-contract.ts'

const SECRET = 'a secret of some length'
const STATUS = { busy: 409, throttled: 429, denied: 403, broken: 500 }

/** The user's own: takes sizes, and says what there is if it is one that says so. */
function receiver(isTalking = true): Promise<Cloud> {
  const said = ({ desired, ready }: Cloud): string =>
    isTalking ? JSON.stringify({ desired, ready }) : 'done'
  return cloudThat({
    answer(asked: Asked, cloud): Said {
      if (asked.method === 'POST') take(cloud, (JSON.parse(asked.body) as { desired: number }).desired)
      return { status: 200, body: said(cloud) }
    },
    fault: (fault) => ({ status: STATUS[fault], body: `it is ${fault}` }),
  })
}

const optionsFor = (url: string, over: object = {}): TargetInput => ({
  webhook: { url: `${url}/scale`, allowPrivate: true, ...over },
})

describe('a webhook as a target', () => {
  keepsTheContract(async () => {
    const cloud = await receiver()
    return { cloud, options: optionsFor(cloud.url, { statusUrl: `${cloud.url}/state` }) }
  })

  it('is told what is wished, what is there and when, signed', async () => {
    const cloud = await receiver()
    const over = { secret: SECRET, bearer: { env: 'BEARER' }, headers: { 'x-team': 'mill' } }
    const target = openFor(optionsFor(cloud.url, over), { env: () => 'opens it' })
    await target.scaleTo(4)
    const { method, url, headers, body } = cloud.asked[0]
    expect([method, url.pathname]).toEqual(['POST', '/scale'])
    const told = JSON.parse(body) as { at: number }
    expect(told).toEqual({ target: 'fleet', desired: 4, current: 1, at: expect.any(Number) as number })
    expect(headers).toMatchObject({
      ...{ 'content-type': 'application/json', authorization: 'Bearer opens it' },
      ...{ 'x-team': 'mill', 'user-agent': 'millrace' },
    })
    const [, time, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['millrace-signature'])) ?? []
    expect(digest).toBe(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'))
  })

  it('is believed to have what it has taken if it says nothing', async () => {
    const cloud = await receiver(false)
    const target = openFor(optionsFor(cloud.url, { assumed: 3 }))
    expect(await target.observe()).toEqual({ desired: 3, ready: 3 })
    await target.scaleTo(8)
    expect(await target.observe()).toEqual({ desired: 8, ready: 8 })
    expect(cloud.asked).toHaveLength(1)
  })

  it('is believed what it says when it is asked for a size', async () => {
    const cloud = await receiver()
    cloud.most = 5
    const target = openFor(optionsFor(cloud.url))
    await target.scaleTo(8)
    expect(await target.observe()).toEqual({ desired: 8, ready: 5 })
    await target.scaleTo(7)
    expect(JSON.parse(cloud.asked[1].body)).toMatchObject({ current: 5 })
  })

  it('does not take an answer without a number for one about its state', async () => {
    const cloud = await receiver(false)
    const target = openFor(optionsFor(cloud.url, { statusUrl: `${cloud.url}/state` }))
    await expect(target.observe()).rejects.toThrow('the answer has no number in `ready`')
  })

  it('is not asked without the secret that it should be signed with', async () => {
    const cloud = await receiver()
    const target = openFor(optionsFor(cloud.url, { secret: { env: 'NOT_SET' } }))
    await expect(target.scaleTo(2)).rejects.toThrow('the secret in NOT_SET is missing')
    expect(cloud.asked).toEqual([])
  })

  it('is not followed where it sends to', async () => {
    const said = { status: 302, body: '', headers: { location: 'http://169.254.169.254/' } }
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    const target = openFor({ ...optionsFor(cloud.url), retries: 0 })
    await expect(target.scaleTo(2)).rejects.toThrow('the answer was 302: redirects are not followed')
  })

  it('ends an answer that has no end in sight', async () => {
    const said = { status: 200, body: 'x'.repeat(5 * 1024 * 1024) }
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    const target = openFor({ ...optionsFor(cloud.url), retries: 0 })
    await expect(target.scaleTo(2)).rejects.toThrow('the answer is longer than')
  })

  it('does not go to private addresses unless it may, whatever a name stands for', async () => {
    const cloud = await receiver()
    const { port } = new URL(cloud.url)
    const ports = machinePorts(systemClock())
    const http = new NodeExchange(async () => [{ address: '127.0.0.1', family: 4 }])
    const named = { webhook: { url: `http://mill.example:${port}/` }, retries: 0 }
    const target = openTarget('fleet', targetOptions.parse(named), { ...ports, http })
    await expect(target.scaleTo(2)).rejects.toThrow('mill.example is at 127.0.0.1: a private')
    await expect(
      new NodeExchange().ask({
        ...{ method: 'GET', url: new URL(cloud.url), headers: {}, body: '', ca: '', allowPrivate: false },
        signal: new AbortController().signal,
      }),
    ).rejects.toThrow('127.0.0.1 is a private')
    expect(cloud.asked).toEqual([])
    expect(targetOptions.safeParse({ webhook: { url: cloud.url } }).success).toBe(false)
    const statusUrl = { webhook: { url: 'https://mill.example/', statusUrl: cloud.url } }
    expect(targetOptions.safeParse(statusUrl).success).toBe(false)
  })

  it('finds names as this machine does', async () => {
    const cloud = await receiver()
    const { port } = new URL(cloud.url)
    await openFor(optionsFor(`http://localhost:${port}`)).scaleTo(2)
    expect(cloud.desired).toBe(2)
  })
})
