/**
 * Alertmanagers to talk to: one that is made up, with the checks and the merging of the real one (v0.25: api/v2, types,
 * provider/mem), and the real one if this machine has it.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface Seen {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
}

export interface RunningAlertmanager {
  readonly url: string
  /** Alerts that fire there now. */
  firing(): Promise<Seen[]>
  close(): Promise<void>
}

const NAMES = ['prometheus-alertmanager', 'alertmanager']

/** Path of the real one's program; undefined if this machine has none. */
export const alertmanagerProgram = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path))

async function firingAt(url: string): Promise<Seen[]> {
  const response = await fetch(`${url}/api/v2/alerts?active=true`)
  return (await response.json()) as Seen[]
}

/** The made-up one; also counts requests. */
export async function fakeAlertmanager(): Promise<RunningAlertmanager & { readonly posts: Seen[][] }> {
  const alerts = new Map<string, Seen>()
  const posts: Seen[][] = []
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.method === 'POST' && request.url === '/api/v2/alerts')
        answerPost(body, alerts, posts, response)
      else if (request.method === 'GET') response.end(JSON.stringify([...alerts.values()].filter(isFiring)))
      else response.writeHead(404).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url, posts, firing: () => firingAt(url), close }
}

const isFiring = ({ endsAt }: Seen): boolean => Date.parse(endsAt) > Date.now()

function answerPost(
  body: string,
  alerts: Map<string, Seen>,
  posts: Seen[][],
  response: ServerResponse,
): void {
  const given = JSON.parse(body) as Seen[]
  posts.push(given)
  const fault = given.map(faultOf).find((words) => words !== '')
  if (fault !== undefined) return void response.writeHead(400).end(JSON.stringify(fault))
  for (const alert of given) {
    const key = JSON.stringify(Object.entries(alert.labels).sort())
    const old = alerts.get(key)
    alerts.set(key, old === undefined ? alert : merged(old, alert))
  }
  response.writeHead(200).end()
}

/** Model and validation of the real one. */
function faultOf({ labels, startsAt, endsAt }: Seen): string {
  const names = Object.keys(labels)
  if (names.every((name) => labels[name] === '')) return 'at least one label pair required'
  const bad = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
  if (bad !== undefined) return `invalid label set: invalid name "${bad}"`
  const times = [startsAt, endsAt].map((time) =>
    /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time) ? Date.parse(time) : NaN,
  )
  if (times.some(Number.isNaN)) return 'parsing a time failed'
  return times[1] < times[0] ? 'start time must be before end time' : ''
}

/** Spans that meet are one: the earliest beginning, and the younger one's end. */
function merged(old: Seen, young: Seen): Seen {
  const [os, oe, ys, ye] = [old.startsAt, old.endsAt, young.startsAt, young.endsAt].map((time) =>
    Date.parse(time),
  )
  const meets = (ye > os && ye < oe) || (ys > os && ys < oe)
  return meets && os < ys ? { ...young, startsAt: old.startsAt } : young
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export async function realAlertmanager(program: string): Promise<RunningAlertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-alertmanager-'))
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n')
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
  const url = `http://${address}`
  const isUp = (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const endMs = performance.now() + STARTED_WITHIN_MS
  while (!(await isUp())) {
    if (child.exitCode !== null) throw new Error(`Alertmanager ended with ${child.exitCode}`)
    if (performance.now() > endMs) {
      await close()
      throw new Error(`Alertmanager is not ready after ${STARTED_WITHIN_MS} ms`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { url, firing: () => firingAt(url), close }
}

const STARTED_WITHIN_MS = 30_000

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
