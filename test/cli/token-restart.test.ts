/** Tokens of a data directory, tried on real processes: what lets a sender in is on the disk, not in a process. */
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { dataFolder, type Medium, plainFolder } from '../torture/medium.ts'
import { Server } from '../torture/server.ts'
import { inline } from './inline.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

let medium: Medium
let server: Server | undefined
beforeEach(() => (medium = plainFolder()))
afterEach(async () => {
  await server?.kill()
  medium.remove()
})

const token = (...args: string[]) => inline(['token', ...args, '--data-dir', dataFolder(medium)])

async function added(name: string, scope: string): Promise<string> {
  const { out, code, err } = await token('add', '--name', name, '--scope', scope, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return (JSON.parse(out) as { token: string }).token
}

async function serve(): Promise<Server> {
  const folder = join(medium.path, 'config')
  mkdirSync(folder, { recursive: true })
  const config = {
    ...{ port: 0, durability: 'journal', dataDir: dataFolder(medium) },
    journal: { segmentBytes: 1024 * 1024 },
    limits: { series: 10_000, devices: 10_000 },
    pool: { max: 1 },
  }
  const started = await Server.start({ root, folder, config })
  server = started
  await started.ready()
  return started
}

async function askStats({ port }: Server, secret?: string): Promise<number> {
  const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
  return (await fetch(`http://127.0.0.1:${port}/v1/stats`, { headers })).status
}

/** The status of the upgrade, or the answer to a reading that was sent over it. */
async function stream({ port }: Server, secret?: string): Promise<number | string> {
  const query = secret === undefined ? '' : `?token=${secret}`
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream${query}`)
  const refused = once(socket, 'unexpected-response').then(([, response]) => {
    socket.terminate()
    return (response as { statusCode: number }).statusCode
  })
  const answered = once(socket, 'open').then(async () => {
    socket.send('{"seq":1,"readings":[{"device":"pump","metric":"value","value":1}]}')
    const [data] = (await once(socket, 'message')) as [Buffer]
    socket.terminate()
    return (JSON.parse(data.toString()) as { status: string }).status
  })
  socket.on('error', () => undefined)
  refused.catch(() => undefined)
  answered.catch(() => undefined)
  return Promise.race([refused, answered])
}

describe('A token in the data directory', () => {
  it(
    'lets its holder in until it is removed, however servers end meanwhile',
    { timeout: 180_000 },
    async () => {
      const gateway = await added('gateway', 'device')
      const dashboard = await added('dashboard', 'api')
      const other = await added('other', 'all')
      const lookFrom = async (one: Server) => ({
        gateway: await stream(one, gateway),
        dashboard: await askStats(one, dashboard),
        other: [await stream(one, other), await askStats(one, other)],
        wrongScope: [await stream(one, dashboard), await askStats(one, gateway)],
        none: [await stream(one), await askStats(one)],
      })
      const all = {
        ...{ gateway: 'accepted', dashboard: 200, other: ['accepted', 200] },
        ...{ wrongScope: [403, 403], none: [401, 401] },
      }
      const first = await serve()
      expect(await lookFrom(first)).toEqual(all)
      expect(await first.stop()).toBe(0)
      expect(await token('revoke', 'gateway')).toMatchObject({ code: 0 })
      const second = await serve()
      const withoutGateway = { ...all, gateway: 401, wrongScope: [403, 401] }
      expect(await lookFrom(second)).toEqual(withoutGateway)
      await second.kill()
      expect(await token('revoke', 'dashboard')).toMatchObject({ code: 0 })
      const withoutBoth = { ...withoutGateway, dashboard: 401, wrongScope: [401, 401] }
      expect(await lookFrom(await serve())).toEqual(withoutBoth)
    },
  )
})
