import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as pass } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { UPGRADE, type Kind } from '../server-fixture.ts'

const FILES = 300
const CLIENTS = 450
const TICKS_PER_SECOND = 100
const WATCHED_SECONDS = 1

interface Child {
  readonly process: ChildProcess
  readonly port: number
  readonly pid: number
}

async function startLimited(kind: Kind): Promise<Child> {
  const script = fileURLToPath(new URL('./limited-server.ts', import.meta.url))
  const command = `ulimit -n ${FILES}; exec "${process.execPath}" --import tsx "${script}" "${kind}"`
  const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { process: child, ...(JSON.parse(line.toString()) as { port: number; pid: number }) }
}

/** First bytes of the answer to an upgrade; '' when the connection was dropped. */
function tryStream(port: number, sockets: net.Socket[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(UPGRADE('/v1/stream')))
    sockets.push(socket)
    socket.once('data', (data) => resolve(data.toString().slice(9, 12)))
    socket.on('error', () => resolve(''))
    socket.on('close', () => resolve(''))
  })
}

const cpuTicks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return Number(fields[11]) + Number(fields[12])
}

async function cpuShare({ pid }: Child): Promise<number> {
  const before = cpuTicks(pid)
  await pass(WATCHED_SECONDS * 1000)
  return (cpuTicks(pid) - before) / TICKS_PER_SECOND / WATCHED_SECONDS
}

describe.each<Kind>(['uWebSockets.js', 'ws'])(`%s with ${FILES} file descriptors`, (kind) => {
  const sockets: net.Socket[] = []
  let child: Child
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    const gone = once(child.process, 'exit')
    child.process.kill('SIGTERM')
    await gone
  })

  it('answers 503 before it runs out, goes on serving and does not spin', async () => {
    child = await startLimited(kind)
    const answers: string[] = []
    for (let i = 0; i < CLIENTS; i += 30) {
      answers.push(...(await Promise.all(Array.from({ length: 30 }, () => tryStream(child.port, sockets)))))
    }
    const opened = answers.filter((status) => status === '101').length
    expect(opened).toBeGreaterThan(150)
    expect(opened).toBeLessThan(FILES - 32)
    expect(answers.filter((status) => status === '503').length).toBeGreaterThan(100)
    expect(await cpuShare(child)).toBeLessThan(0.2)
    expect((await fetch(`http://127.0.0.1:${child.port}/metrics`)).status).toBe(200)
    expect((await fetch(`http://127.0.0.1:${child.port}/v1/stats`)).status).toBe(503)
    for (const socket of sockets.splice(0)) socket.destroy()
    // as soon as it has noticed
    while ((await tryStream(child.port, sockets)) !== '101') await pass(20)
  })

  it('survives connections that say nothing', async () => {
    child = await startLimited(kind)
    for (let i = 0; i < CLIENTS; i++) {
      const socket = net.connect(child.port, '127.0.0.1')
      socket.on('error', () => undefined)
      sockets.push(socket)
    }
    await pass(500)
    expect(await cpuShare(child)).toBeLessThan(0.2)
    for (const socket of sockets.splice(0)) socket.destroy()
    // as soon as it has noticed
    while ((await tryStream(child.port, sockets)) !== '101') await pass(20)
  })
})
