/**
 * From a reading accepted to its alert at a webhook on loopback, while a load process sends a million readings a second
 * over WebSocket. The route waits for nothing (`groupWait: 0`), and each alert is a group of its own. The program commits
 * a reading far off for one warmed-up probe after the other; the receiver runs in this program, too.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEngine } from '../src/engine/create-engine.ts'
import type { Engine } from '../src/engine/engine.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atLeast, atMost, figure, quantile } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause, until } from './e2e/pause.ts'
import { commitAnomaly, probeName, warmProbes } from './e2e/probes.ts'
import { loadOptionsOf, measureUnder } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly readingsPerFrame: number
  /** Of the load, per second. */
  readonly rate: number
  readonly probes: number
  readonly everyMs: number
  readonly warmMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 5000, readingsPerFrame: 100, rate: 10_000, probes: 20, everyMs: 10, warmMs: 100 },
  full: {
    series: 1_000_000,
    readingsPerFrame: 1000,
    rate: 1_000_000,
    probes: 1000,
    everyMs: 20,
    warmMs: 6000,
  },
}

const FIRST_PASS_MS = 60_000
const LOOK_EVERY_MS = 100
const TOLD_WITHIN_MS = 10_000
const TARGET_MS = 100

export async function run(size: Size): Promise<BenchResult> {
  const receiver = await openReceiver()
  const room = size.series + size.probes
  const engine = await createEngine({
    port: 0,
    limits: { series: room, devices: room, openAlerts: 1_000_000 },
    notifications: {
      ...{ receiver: 'hook', groupBy: ['...'], groupWait: 0 },
      receivers: [
        { name: 'hook', webhook: { url: receiver.url, secret: 'a secret of the bench', allowPrivate: true } },
      ],
    },
  })
  try {
    await warmProbes(engine, size.probes)
    const { port } = await engine.listen()
    const load = new LoadProcess(`ws://127.0.0.1:${port}`, loadOptionsOf({ ...size, format: 'binary' }))
    const result = await measureUnder(load, () => measure(engine, receiver.toldAt, size))
    await load.stop()
    return result
  } finally {
    await engine.close()
    await receiver.close()
  }
}

interface WebhookBody {
  readonly alerts: readonly { readonly alert: { readonly device: string } }[]
}

/** Notes when it has heard of which device. */
async function openReceiver() {
  const toldAt = new Map<string, number>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const atMs = performance.now()
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as WebhookBody
      for (const { alert } of alerts) if (!toldAt.has(alert.device)) toldAt.set(alert.device, atMs)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, toldAt, close }
}

async function measure(
  engine: Engine,
  toldAt: ReadonlyMap<string, number>,
  size: Size,
): Promise<BenchResult> {
  await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, () => engine.stats().series >= size.series)
  await pause(size.warmMs)
  const before = engine.stats()
  const sentAt = await sendProbes(engine, size)
  const isTold = (): boolean => [...sentAt.keys()].every((device) => toldAt.has(device))
  await until('all told', TOLD_WITHIN_MS, LOOK_EVERY_MS, isTold).catch(() => undefined)
  const after = engine.stats()
  const latencies = [...sentAt].flatMap(([device, at]) => {
    const told = toldAt.get(device)
    return told === undefined ? [] : [told - at]
  })
  const seconds = after.uptimeSeconds - before.uptimeSeconds
  const routine = Math.round((after.account.processed - before.account.processed) / seconds)
  const [{ delivered, summarised, retried }] = after.notifications
  const isWhole = latencies.length === size.probes && summarised === 0
  const check = `${isWhole ? '' : 'FAULTY: '}${latencies.length} of ${size.probes} alerts told in ${delivered} notifications, ${retried} tried again; beside ${routine} readings/s`
  const against = atLeast(size.rate)
  const told = { unit: 'ms', against: atMost(TARGET_MS), check }
  return benchResult(
    [
      figure({ name: 'reading accepted to webhook received: p50', value: quantile(latencies, 0.5), ...told }),
      figure({
        name: 'reading accepted to webhook received: p99',
        value: quantile(latencies, 0.99),
        ...told,
      }),
      figure({ name: 'readings processed meanwhile', value: routine, unit: 'per second', against, check }),
    ],
    1,
  )
}

/** When the reading of each probe was committed. */
async function sendProbes(engine: Engine, { probes, everyMs }: Size): Promise<Map<string, number>> {
  const sentAt = new Map<string, number>()
  for (let probe = 0; probe < probes; probe++) {
    await pause(everyMs)
    await commitAnomaly(engine, probeName(probe), sentAt)
  }
  return sentAt
}
