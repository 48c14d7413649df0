import { describe, expect, it } from 'vitest'
import type { TargetPorts } from '../../../src/scaling/targets/target-ports.ts'
import { TEST_TLS } from '../../ingest/websocket/tls-fixture.ts'
import { cloudThat } from './cloud.ts'
import { kubernetes, KUBERNETES_TOKEN } from './kubernetes-server.ts'
import { keepsTheContract, openFor, type TargetInput } from './target-contract.ts'

const NAMED = { name: 'millrace', namespace: 'iot' }

const optionsFor = (url: string, over: object = {}): TargetInput => ({
  kubernetes: { ...NAMED, url, token: KUBERNETES_TOKEN, ...over },
})

/** A pod: its files and its environment. */
function pod(url: string, files: Record<string, string>): Partial<TargetPorts> {
  const { hostname, port } = new URL(url)
  const env: Record<string, string> = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
  return {
    env: (name) => env[name],
    readText: async (path) => {
      const text = files[path.replace('/var/run/secrets/kubernetes.io/serviceaccount/', '')]
      if (text === undefined) throw new Error(`ENOENT: ${path}`)
      return text
    },
  }
}

describe('a workload of Kubernetes', () => {
  keepsTheContract(async () => {
    const cloud = await kubernetes()
    return { cloud, options: optionsFor(cloud.url) }
  })

  it('is changed by a merge patch of its scale', async () => {
    const cloud = await kubernetes()
    await openFor(optionsFor(`${cloud.url}/`)).scaleTo(3)
    expect(cloud.asked).toMatchObject([
      {
        ...{ method: 'PATCH', body: '{"spec":{"replicas":3}}' },
        url: { pathname: '/apis/apps/v1/namespaces/iot/deployments/millrace/scale' },
      },
    ])
  })

  it('can be of any kind that has a scale, counted by it if the kind does not count what is ready', async () => {
    const path = '/apis/example.com/v1beta1/namespaces/iot/mills/big'
    const cloud = await kubernetes({ path, pods: ({ ready }) => ready })
    const own = { name: 'big', apiVersion: 'example.com/v1beta1', resource: 'mills', ready: 'scale' }
    const target = openFor(optionsFor(cloud.url, own))
    cloud.most = 2
    await target.scaleTo(4)
    expect(await target.observe()).toEqual({ desired: 4, ready: 2 })
    await target.scaleTo(0)
    expect(await target.observe()).toEqual({ desired: 0, ready: 0 })
    expect(target.status().place).toBe('mills iot/big')
  })

  it('can be of the core group', async () => {
    const cloud = await kubernetes({ path: '/api/v1/namespaces/iot/replicationcontrollers/millrace' })
    await openFor(optionsFor(cloud.url, { apiVersion: 'v1', resource: 'replicationcontrollers' })).scaleTo(2)
    expect(cloud.desired).toBe(2)
  })

  it('is found from within the cluster by what a pod is given, the token read anew as it changes', async () => {
    const tokens = ['first']
    const path = '/apis/apps/v1/namespaces/of-the-pod/statefulsets/millrace'
    const cloud = await kubernetes({ path }, tokens, TEST_TLS)
    const files: Record<string, string> = {
      ...{ token: 'first\n', 'ca.crt': TEST_TLS.cert, namespace: 'of-the-pod\n' },
    }
    const options = { kubernetes: { name: 'millrace', resource: 'statefulsets' } }
    const target = openFor(options, pod(cloud.url, files))
    await target.scaleTo(2)
    tokens[0] = files.token = 'second'
    await target.scaleTo(3)
    expect(cloud.sizes).toEqual([2, 3])
    expect(target.status().place).toBe('statefulsets millrace')
  })

  it('is not talked to by a server whose certificate the given ones do not vouch for', async () => {
    const cloud = await kubernetes(undefined, undefined, TEST_TLS)
    const target = openFor({ ...optionsFor(cloud.url), retries: 0 })
    await expect(target.scaleTo(2)).rejects.toThrow(/certificate/)
    expect(cloud.asked).toEqual([])
    const files = pod(cloud.url, { 'own.pem': TEST_TLS.cert })
    await openFor(optionsFor(cloud.url, { caFile: 'own.pem' }), files).scaleTo(2)
    expect(cloud.desired).toBe(2)
  })

  it('is not there outside of a cluster without a URL', async () => {
    const target = openFor({ kubernetes: { name: 'millrace' } }, { readText: async () => 'text' })
    await expect(target.scaleTo(2)).rejects.toThrow(/not in a cluster .* and no url is given/)
  })

  it('is looked for at port 443 where the environment says none, at an IPv6 address in brackets', async () => {
    const urls: string[] = []
    const http = {
      ask: async ({ url }: { url: URL }) => {
        urls.push(url.href)
        return { status: 200, retryAfter: '', body: '{}' }
      },
    }
    const env = (name: string) => (name === 'KUBERNETES_SERVICE_HOST' ? 'fd00::1' : undefined)
    await openFor({ kubernetes: NAMED }, { http, env, readText: async () => 'text' }).scaleTo(2)
    expect(urls).toEqual(['https://[fd00::1]/apis/apps/v1/namespaces/iot/deployments/millrace/scale'])
  })

  it('is asked without a token where there is none, such as behind a proxy that has its own', async () => {
    const cloud = await kubernetes()
    const target = openFor({ kubernetes: { ...NAMED, url: cloud.url } })
    await expect(target.observe()).rejects.toThrow('the answer was 401: Unauthorized: Unauthorized')
    expect(cloud.asked[0].headers.authorization).toBeUndefined()
  })

  it('says what is wrong when it is not there', async () => {
    const cloud = await kubernetes()
    const target = openFor(optionsFor(cloud.url, { name: 'other' }))
    await expect(target.scaleTo(2)).rejects.toMatchObject({
      message: 'target fleet: the answer was 404: NotFound: not found',
      context: { kind: 'invalid' },
    })
    expect(cloud.asked).toHaveLength(1)
  })

  it.each([
    ['<html>', 'the answer is not JSON'],
    ['null', 'the answer is not JSON'],
    ['{}', 'does not say its replicas as numbers'],
    ['{"spec":{"replicas":"three"}}', 'does not say its replicas as numbers'],
  ])('does not take %s for an answer', async (body, words) => {
    const said = { status: 200, body }
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    await expect(openFor(optionsFor(cloud.url)).observe()).rejects.toThrow(words)
  })

  it('does not take a Scale without a spec for one of nothing', async () => {
    const said = { status: 200, body: '{"status":{"replicas":2}}' }
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    const target = openFor(optionsFor(cloud.url, { ready: 'scale' }))
    await expect(target.observe()).rejects.toThrow('does not say its replicas as numbers')
  })

  it.each([301, 502, 503])('takes an answer of %i without words', async (status) => {
    const said = { status, body: '' }
    const cloud = await cloudThat({ answer: () => said, fault: () => said })
    await expect(openFor(optionsFor(cloud.url)).observe()).rejects.toThrow(`the answer was ${status}`)
  })
})
