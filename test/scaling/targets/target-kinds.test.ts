import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { isTargetSecret, targetOptions } from '../../../src/scaling/targets/target-kinds.ts'
import { machinePorts } from '../../../src/scaling/targets/target-ports.ts'

const isAllowed = (options: object): boolean => targetOptions.safeParse(options).success

describe('options of a target', () => {
  it('are of exactly one kind', () => {
    const kubernetes = { name: 'millrace' }
    const command = { file: 'resize' }
    expect(isAllowed({ kubernetes })).toBe(true)
    expect(isAllowed({ command })).toBe(true)
    expect(isAllowed({ kubernetes, command })).toBe(false)
    expect(isAllowed({})).toBe(false)
    expect(isAllowed({ kubernetes, unknown: 1 })).toBe(false)
  })

  it('are complete when little is said', () => {
    expect(targetOptions.parse({ kubernetes: { name: 'millrace' } })).toEqual({
      kubernetes: {
        ...{ name: 'millrace', resource: 'deployments', apiVersion: 'apps/v1', namespace: '' },
        ...{ ready: 'workload', url: '', token: null, caFile: '' },
      },
      ...{ unit: 'node', dryRun: false, timeoutMs: 10_000, retries: 4, backoffMs: 500 },
      ...{ minIntervalMs: 5000, observeEveryMs: 5000, lateAfterMs: 600_000, unreachableAfter: 5 },
    })
  })

  it.each([
    ['a name that is none of Kubernetes', { kubernetes: { name: '../secrets/token' } }],
    ['a namespace that is none', { kubernetes: { name: 'a', namespace: 'a/b' } }],
    ['a URL that is no web address', { kubernetes: { name: 'a', url: 'file:///etc/passwd' } }],
    ['an API version that is none', { kubernetes: { name: 'a', apiVersion: 'apps/../v1' } }],
    ['a region that is none', { aws: { group: 'a', region: 'evil.example/' } }],
    ['neither zone nor region', { google: { project: 'mill-project', group: 'nodes' } }],
    ['zone and region', { google: { project: 'mill-project', group: 'nodes', zone: 'a', region: 'b' } }],
    ['a short secret', { webhook: { url: 'https://mill.example/', secret: 'short' } }],
    ['a header of its own', { webhook: { url: 'https://mill.example/', headers: { Host: 'other' } } }],
    ['a program without a name', { command: { file: '' } }],
    ['no time at all', { command: { file: 'resize' }, timeoutMs: 0 }],
  ])('refuse %s', (_, options) => {
    expect(isAllowed(options)).toBe(false)
  })
})

describe('secrets of a target', () => {
  it.each([
    [['kubernetes', 'token'], true],
    [['google', 'token'], true],
    [['webhook', 'secret'], true],
    [['webhook', 'bearer', 'env'], false],
    [['google', 'token', 'file'], false],
    [['webhook', 'url'], true],
    [['webhook', 'headers', 'x-key'], true],
    [['kubernetes', 'url'], false],
    [['timeoutMs'], false],
    [['other', 'token'], false],
  ])('%j: %s', (path, is) => {
    expect(isTargetSecret(path)).toBe(is)
  })
})

describe('the machine as targets see it', () => {
  it('has variables, files and packages', async () => {
    const { env, readText, load, random } = machinePorts(systemClock())
    expect(env('PATH')).toBe(process.env.PATH)
    expect(await readText('package.json')).toContain('"millrace"')
    expect(await load('zod')).toHaveProperty('z')
    expect(random()).toBeLessThan(1)
  })
})
