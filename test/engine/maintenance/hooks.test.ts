import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { Post } from '../../../src/sinks/webhook/poster.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import { Hooks } from '../../../src/engine/maintenance/hooks.ts'
import type { HookCall } from '../../../src/reservations/ports.ts'
import { CLOSING } from '../../../src/reservations/window-run.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'

const SECRET = 'sixteen characters'
const call = (hook: string): HookCall => ({
  ...{
    hook,
    job: 'a',
    kind: 'patch',
    window: 'a.1',
    attempt: 0,
    wave: 1,
    devices: ['d0'],
    token: 't',
    endsAt: 5000,
  },
})

const node = (script: string) => ({ run: [process.execPath, '-e', script] })

function hooks(statuses: (number | Error)[], clock = systemClock()) {
  const posts: Post[] = []
  const { hooks: options } = parseConfig({
    maintenance: {
      hooks: [
        { name: 'web', webhook: { url: 'http://127.0.0.1:9/x', secret: SECRET, allowPrivate: true } },
        { name: 'own', callback: {}, timeout: 1000 },
        { name: 'free', callback: {} },
        { name: 'good', command: node('process.stdin.resume().on("end", () => process.exit(0))') },
        { name: 'bad', command: node('console.error("no disk"); process.exit(3)') },
        { name: 'quiet', command: node('process.exit(4)') },
        { name: 'long', command: node('setTimeout(() => undefined, 60000)') },
        { name: 'slow', command: node('setTimeout(() => undefined, 60000)'), timeout: 50 },
        { name: 'none', command: { run: ['/nowhere/nothing'] } },
        {
          ...{ name: 'reads' },
          command: node(
            'let t = ""; process.stdin.on("data", (d) => (t += d)).on("end", () => process.exit(JSON.parse(t).devices[0] === "d0" && process.env.MILLRACE_REPORT_URL === "https://mill/v1/maintenance/executions/t" ? 0 : 1))',
          ),
        },
      ],
    },
  }).config.maintenance
  const door = new Hooks(options, {
    ...{ clock, externalUrl: 'https://mill/', env: () => undefined, readText: () => Promise.resolve('') },
    poster: {
      post: (post) => {
        posts.push(post)
        const answer = statuses.shift() ?? 200
        return answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve({ status: answer, retryAfter: '' })
      },
      close: () => undefined,
    },
  })
  const stop = new AbortController()
  return { door, posts, stop, start: (hook: string) => door.start(call(hook), stop.signal) }
}

async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

const bodyOf = ({ body }: Post): unknown => JSON.parse(Buffer.from(body).toString())

describe('a webhook', () => {
  it('is posted signed, with what is to be done and where to report', async () => {
    const { start, posts } = hooks([202])
    expect(await start('web')).toEqual({ status: 'IN_PROGRESS', message: '' })
    expect(bodyOf(posts[0])).toMatchObject({
      ...{ event: 'start', job: 'a', wave: 1, devices: ['d0'], token: 't' },
      reportUrl: 'https://mill/v1/maintenance/executions/t',
    })
    expect(posts[0].headers['idempotency-key']).toBe('a.1.1.start')
    const [, time, digest] = /^t=(\d+),v1=(.*)$/.exec(
      posts[0].headers['millrace-signature'],
    ) as unknown as string[]
    const expected = createHmac('sha256', SECRET).update(`${time}.`).update(posts[0].body).digest('hex')
    expect(digest).toBe(expected)
  })

  it('that says no is not asked again', async () => {
    const { start, posts } = hooks([403])
    expect(await start('web')).toEqual({ status: 'REJECTED', message: 'the hook answered 403' })
    expect(posts).toHaveLength(1)
  })

  it('that can not is asked again, and has failed in the end', async () => {
    const clock = new VirtualClock()
    const { start, posts } = hooks([503, new Error('refused'), 429, 500], clock)
    const answer = start('web')
    for (const pauseMs of [1000, 2000, 4000]) {
      await turns()
      clock.advance(pauseMs)
    }
    expect(await answer).toEqual({ status: 'FAILED', message: 'the hook answered 500' })
    expect(posts).toHaveLength(4)
  })

  it('is told to stop when the window ends first, but not when the engine does', async () => {
    for (const [reason, count] of [
      [undefined, 2],
      [CLOSING, 1],
    ] as const) {
      const { start, posts, stop } = hooks([200, new Error('gone')])
      await start('web')
      stop.abort(reason)
      await turns()
      expect(posts).toHaveLength(count)
    }
  })

  it('is not begun any more once it is called off', async () => {
    const { start, posts, stop } = hooks([])
    stop.abort()
    expect(await start('web')).toEqual({ status: 'FAILED', message: 'called off' })
    expect(posts).toEqual([])
  })
})

describe('a command', { timeout: 60_000 }, () => {
  it('is done when it ends well, and has failed otherwise', async () => {
    const { start } = hooks([])
    const answers = await Promise.all(['good', 'reads', 'bad', 'quiet', 'slow', 'none'].map(start))
    expect(answers.map(({ status }) => status)).toEqual([
      ...['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'FAILED', 'FAILED', 'FAILED'],
    ])
    const [, , bad, quiet, slow, none] = answers.map(({ message }) => message)
    expect([bad, quiet, slow]).toEqual(['ended with 3: no disk', 'ended with 4', 'not done within 50 ms'])
    expect(none).toContain('ENOENT')
  })

  it('is ended when it is called off', async () => {
    const { start, stop } = hooks([])
    const answer = start('long')
    stop.abort()
    expect(await answer).toEqual({ status: 'FAILED', message: 'called off' })
  })
})

describe('a callback', () => {
  it('is done when it returns, and has failed when it throws', async () => {
    const { door, start } = hooks([])
    const leave = door.register('free', () => undefined)
    door.register('mine', () => Promise.reject(new Error('broken')))
    expect(door.names).toContain('mine')
    expect(await start('free')).toEqual({ status: 'SUCCEEDED', message: '' })
    expect(await start('mine')).toEqual({ status: 'FAILED', message: 'broken' })
    leave()
    expect(await start('free')).toMatchObject({
      status: 'FAILED',
      message: 'nobody has registered the callback "free"',
    })
    expect(['web', 'free', 'good'].map((hook) => door.outlives(hook))).toEqual([true, false, false])
  })

  it('has failed when it takes too long', async () => {
    const clock = new VirtualClock()
    const { door, start } = hooks([], clock)
    door.register('own', () => new Promise(() => undefined))
    const answer = start('own')
    clock.advance(1000)
    expect(await answer).toEqual({ status: 'FAILED', message: 'not done within 1000 ms' })
  })

  it('takes nobody else’s name', () => {
    const { door } = hooks([])
    door.register('own', () => undefined)
    for (const name of ['own', 'web', 'good'])
      expect(() => door.register(name, () => undefined)).toThrow(`there is a hook "${name}" already`)
  })
})
