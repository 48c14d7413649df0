import { afterEach, describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import { systemClock } from '../../src/core/clock.ts'
import { notificationOf } from '../../src/notifications/notification.ts'
import { AlertmanagerSender } from '../../src/notifications/receivers/alertmanager.ts'
import { receiverOptions } from '../../src/notifications/receivers/options.ts'
import { NodePoster } from '../../src/sinks/webhook/node-poster.ts'
import {
  alertmanagerProgram,
  fakeAlertmanager,
  realAlertmanager,
  type RunningAlertmanager,
} from './alertmanagers.ts'
import { alertOf, resolvedOf } from './alerts.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function start(run: () => Promise<RunningAlertmanager>, batch = 256) {
  const server = await run()
  const poster = new NodePoster()
  opened.push(server, poster)
  const { alertmanager } = receiverOptions.parse({ name: 'am', alertmanager: { urls: [server.url], batch } })
  if (alertmanager === undefined) throw new Error('no options')
  const ports = {
    clock: systemClock(),
    poster,
    env: () => undefined,
    readText: () => Promise.reject(new Error()),
  }
  const sender = new AlertmanagerSender(server.url, alertmanager, 'https://millrace.example', ports)
  const send = (firing: readonly Alert[], resolved: readonly Alert[] = []) => {
    const group = {
      receiver: 'am',
      reason: 'news' as const,
      groupKey: '',
      groupLabels: {},
      groups: 1,
      omitted: 0,
    }
    const notification = notificationOf({ ...group, firing, resolved, maxAlerts: sender.maxAlerts, mark: '' })
    return sender.send(notification, new AbortController().signal)
  }
  /** A real one needs a moment. */
  const firingDevices = async (count: number): Promise<string[]> => {
    let devices: string[] = []
    for (let tries = 0; tries < 100; tries++) {
      devices = (await server.firing()).map(({ labels }) => labels.device ?? '').sort()
      if (devices.length === count) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return devices
  }
  return { server, send, firingDevices }
}

const hourAgo = (): number => Date.now() - 3_600_000

function behaviour(run: () => Promise<RunningAlertmanager>): void {
  it('takes alerts in batches, keeps what is sent again one alert, and hears when they are over', async () => {
    const { server, send, firingDevices } = await start(run, 2)
    const alerts = ['a', 'b', 'c'].map((device) => alertOf(device, { startsAt: hourAgo() }))
    await send(alerts)
    await send(alerts)
    expect(await firingDevices(3)).toEqual(['a', 'b', 'c'])
    const [{ labels, annotations }] = await server.firing()
    expect(labels).toMatchObject({ alertname: 'hot', severity: 'high', region: 'eu' })
    expect(annotations.summary).toMatch(/is hot/)
    await send([], [resolvedOf(alerts[0], Date.now() - 1000), resolvedOf(alerts[2], Date.now() + 60_000)])
    expect(await firingDevices(1)).toEqual(['b'])
  })

  it('takes what devices say about time and names, as far as that can be said there', async () => {
    const { send, firingDevices } = await start(run)
    const ahead = alertOf('ahead', { startsAt: Date.now() + 3_500_000 })
    const odd = alertOf('odd "\n🚰', { startsAt: 0, labels: { 'a.b-c': 'x', '9lives': 'y', empty: '' } })
    await send([ahead, odd])
    expect(await firingDevices(2)).toEqual(['ahead', 'odd "\n🚰'])
    await send([], [resolvedOf(ahead, Date.now() + 3_600_000), resolvedOf(odd, 1)])
    expect(await firingDevices(0)).toEqual([])
  })

  it('sees an alert that ends and one that begins with the same labels as firing', async () => {
    const { send, firingDevices } = await start(run)
    const first = alertOf('a', { startsAt: hourAgo() })
    await send([first])
    const second = { ...alertOf('a', { startsAt: Date.now() - 1000 }), id: 'hot:a:2' }
    await send([second], [resolvedOf(first, Date.now() - 2000)])
    expect(await firingDevices(1)).toEqual(['a'])
  })
}

describe('Alertmanager, made up', () => behaviour(fakeAlertmanager))

const program = alertmanagerProgram
describe.skipIf(program === undefined)(
  `Alertmanager, the real one${program === undefined ? ' (NOT RUN: prometheus-alertmanager is not installed)' : ''}`,
  () => behaviour(() => realAlertmanager(program ?? '')),
)
