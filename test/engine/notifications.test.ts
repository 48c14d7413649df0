/** From a reading on a socket to everybody who is to be told. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { Notification } from '../../src/notifications/notification.ts'
import type { ReceiverStats } from '../../src/core/stats.ts'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import { fakeAlertmanager } from '../notifications/alertmanagers.ts'
import { mailServer, PASSWORD, USER } from '../notifications/mail-server.ts'
import { killedNow, newFolder, startDurable } from './durable-rig.ts'
import { moment, startEngine, until } from './rig.ts'
import { StreamClient } from './stream-client.ts'

const SECRET = 'a secret of the test'
const anomalies = { warmup: 20, threshold: 6, clearRatio: 0.5, clearAfter: 3, smoothing: 0.05 }
const atOnce = { groupWait: 0, groupInterval: 20, groupBy: ['device'] }

interface Hooked {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly document: { id: string; status: string; alerts: { status: string; alert: { device: string } }[] }
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A webhook's receiver that can be down (503) or refuse (422), and comes back. */
async function hook() {
  const got: Hooked[] = []
  const state = { answer: 204, port: 0, turnedAway: 0 }
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      if (state.answer !== 204) state.turnedAway++
      else got.push({ headers: request.headers, body, document: JSON.parse(body) as Hooked['document'] })
      response.writeHead(state.answer).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.port = (server.address() as AddressInfo).port
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const webhook = { url: `http://127.0.0.1:${state.port}/hook`, secret: SECRET, allowPrivate: true }
  const statuses = (): string[] => got.map(({ document }) => document.status)
  return { state, got, statuses, receiver: { name: 'hook', webhook } }
}

/** A device that has been calm; then what is sent of it is sent as it is. */
async function calmDevice(port: number, name: string) {
  const client = await StreamClient.open(port)
  const series = seriesKey(deviceIdOf(name), 1)
  let seq = 0
  let time = Date.now() - 100_000
  const send = async (...values: number[]): Promise<void> => {
    client.send(
      ++seq,
      values.map((value) => ({ series, value, time: time++ })),
    )
    await client.answered(seq)
  }
  const calm = (): Promise<void> => send(...Array.from({ length: 40 }, (_, i) => 10 + (i % 2)))
  await calm()
  return { send, calm, close: () => client.close() }
}

it('tells webhook, mail, Alertmanager and the program of an alert and of its end; a receiver that is down later', async () => {
  const [hooked, mail, cluster] = [
    await hook(),
    await mailServer(),
    [await fakeAlertmanager(), await fakeAlertmanager()],
  ]
  closing.push(...cluster.map((member) => () => member.close()))
  const everywhere = { matchers: ['rule=anomaly'], continue: true }
  const engine = await startEngine({
    ...{ anomalies, devices: [{ name: 'pump', tier: 'premium' }] },
    notifications: {
      ...atOnce,
      routes: [
        { ...everywhere, receiver: 'hook' },
        { ...everywhere, receiver: 'mail' },
        { ...everywhere, receiver: 'program' },
        { matchers: ['device=~"p.*"'], receiver: 'am' },
      ],
      receivers: [
        hooked.receiver,
        { name: 'program', callback: {} },
        { name: 'am', alertmanager: { urls: cluster.map(({ url }) => url), resendEvery: 1000 } },
        {
          name: 'mail',
          email: {
            ...{ host: '127.0.0.1', port: mail.port, tls: 'none', user: USER, password: PASSWORD },
            ...{ from: 'millrace@example.org', to: ['on-call@example.org'] },
          },
        },
      ],
    },
  })
  const program: Notification[] = []
  engine.on('notification', (notification) => program.push(notification))
  const { port } = await engine.listen()
  const pump = await calmDevice(port, 'pump')

  await pump.send(500)
  await until(() => hooked.got.length === 1 && mail.mails.length === 1 && program.length === 1, 'told')
  const { headers, body, document } = hooked.got[0]
  const [, time, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['millrace-signature'])) ?? []
  expect(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex')).toBe(digest)
  expect(headers['idempotency-key']).toBe(document.id)
  expect(document).toMatchObject({
    version: '4',
    status: 'firing',
    receiver: 'hook',
    groupLabels: { device: 'pump' },
  })
  expect(document.alerts[0].alert).toMatchObject({ device: 'pump', value: 500 })
  expect(mail.mails[0].text).toContain('[FIRING:1] pump')
  expect(program[0]).toMatchObject({ receiver: 'program', status: 'firing' })
  // a cluster: every member is told, and again while it lasts
  await until(() => cluster.every(({ posts }) => posts.length >= 2), 'sent again')
  for (const member of cluster) expect(await member.firing()).toHaveLength(1)

  hooked.state.answer = 503
  await pump.calm()
  await until(() => mail.mails.length === 2 && hooked.state.turnedAway >= 2, 'one is down')
  expect(hooked.statuses()).toEqual(['firing'])
  for (const member of cluster) {
    for (let tries = 0; tries < 100 && (await member.firing()).length > 0; tries++) await moment(20)
    expect(await member.firing()).toEqual([])
  }
  hooked.state.answer = 204
  await until(() => hooked.got.length === 2, 'back')
  expect(hooked.statuses()).toEqual(['firing', 'resolved'])

  // what is refused is a dead letter, and can be replayed
  const at = `http://127.0.0.1:${port}`
  hooked.state.answer = 422
  await pump.send(500)
  await until(
    () => engine.stats().deadLetters.some(({ node, kept }) => node === 'hook' && kept === 1),
    'a dead letter',
  )
  hooked.state.answer = 204
  const replay = await fetch(`${at}/v1/dead-letters/replay`, {
    method: 'POST',
    body: '{"pipeline":"notifications"}',
  })
  expect(await replay.json()).toMatchObject({ replayed: 1, failed: [] })
  await until(() => hooked.got.length === 3, 'replayed')

  expect((await fetch(`${at}/v1/notifications/receivers/nobody/test`, { method: 'POST' })).status).toBe(404)
  expect((await fetch(`${at}/v1/notifications/receivers/hook/test`, { method: 'POST' })).status).toBe(202)
  await until(() => hooked.got.length === 4, 'the test')
  const view = (await (await fetch(`${at}/v1/notifications`)).json()) as {
    receivers: ReceiverStats[]
    groups: object[]
  }
  expect(view.receivers).toHaveLength(5)
  expect(view.groups).toHaveLength(4)
  expect(JSON.stringify(view)).not.toContain(SECRET)
  const metrics = await (await fetch(`${at}/metrics`)).text()
  expect(metrics).toContain('millrace_notifications_total{receiver="hook",status="delivered"} 4')
  expect(metrics).toMatch(/millrace_notification_latency_seconds_count\{receiver="mail"\} [23]/)
  await pump.close()
})

it('tells after a crash what came of it, and nothing that is known twice', async () => {
  const hooked = await hook()
  const config = {
    ...{ anomalies, devices: [{ name: 'pump' }, { name: 'fan' }] },
    notifications: { ...atOnce, receiver: 'hook', receivers: [hooked.receiver] },
  }
  const dataDir = newFolder()
  const first = await startDurable(dataDir, config)
  const { port } = await first.listen()
  const [pump, fan] = [await calmDevice(port, 'pump'), await calmDevice(port, 'fan')]
  await pump.send(500)
  await until(() => hooked.got.length === 1, 'told')
  const keptDevices = (): string => {
    try {
      return readFileSync(join(dataDir, 'notifications.json'), 'utf8')
    } catch {
      return ''
    }
  }
  await until(() => keptDevices().includes('"told":["anomaly'), 'kept')
  hooked.state.answer = 503
  await fan.send(500)
  await until(() => hooked.state.turnedAway > 0, 'turned away')
  const copy = killedNow(dataDir)
  await Promise.all([pump.close(), fan.close(), first.close()])
  hooked.state.answer = 204
  const before = hooked.got.length

  const second = await startDurable(copy, config)
  await until(() => hooked.got.length === before + 1, 'the fan')
  await moment(100)
  expect(
    hooked.got.slice(before).flatMap(({ document }) => document.alerts.map(({ alert }) => alert.device)),
  ).toEqual(['fan'])
  const again = await second.listen()
  const samePump = await calmDevice(again.port, 'pump')
  await until(() => hooked.got.length === before + 2, 'the end of the pump')
  expect(hooked.got[before + 1].document).toMatchObject({
    status: 'resolved',
    groupLabels: { device: 'pump' },
  })
  await samePump.close()
})
