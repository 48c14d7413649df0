/** `millrace serve` in a process of its own, which may be killed, stopped and started again on the same port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Stats } from '../../src/core/stats.ts'
import type { Alert } from '../../src/core/alert.ts'

export interface ServerParts {
  /** Folder with the program's `lib`. */
  readonly root: string
  /** For the file of the configuration. */
  readonly folder: string
  readonly config: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

/** What a process said about itself, on either stream. */
interface Said {
  readonly event: string
  readonly message?: string
  readonly port?: number
}

const START_TIMEOUT_MS = 60_000
const children = new Set<ChildProcess>()
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))

export class Server {
  readonly child: ChildProcess
  readonly said: Said[] = []
  port = 0
  readonly #ended: Promise<unknown[]>

  private constructor(child: ChildProcess) {
    this.child = child
    this.#ended = once(child, 'exit')
    children.add(child)
    void this.#ended.then(() => children.delete(child))
    for (const stream of [child.stdout!, child.stderr!]) this.#listenTo(stream)
  }

  static async start({ root, folder, config, env = {} }: ServerParts): Promise<Server> {
    const file = join(folder, 'millrace.json')
    writeFileSync(file, JSON.stringify(config))
    const args = [join(root, 'lib/cli.js'), 'serve', '--json', '--config', file]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    const server = new Server(child)
    await server.#listening()
    return server
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  async #listening(): Promise<void> {
    await this.until(() => this.said.some(({ event }) => event === 'listening'), 'listening')
    this.port = this.said.find(({ event }) => event === 'listening')!.port!
  }

  /** Waits until recovery is over and readings are taken. */
  async ready(): Promise<void> {
    let reason = ''
    const isReady = async (): Promise<boolean> => {
      const response = await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => undefined)
      reason = response === undefined ? 'no answer' : await response.text()
      return response?.status === 200
    }
    await this.until(isReady, () => `ready (${reason})`)
  }

  async until(
    isSo: () => boolean | Promise<boolean>,
    what: string | (() => string),
    timeoutMs = START_TIMEOUT_MS,
  ): Promise<void> {
    const startMs = performance.now()
    while (!(await isSo())) {
      const words = typeof what === 'string' ? what : what()
      if (!this.isRunning)
        throw new Error(`the server has ended (${this.child.exitCode}), not ${words}:\n${this.log()}`)
      const tookMs = performance.now() - startMs
      if (tookMs > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${words}\n${this.log()}`)
      // less often the longer it takes: each look costs both sides
      await new Promise((resolve) => setTimeout(resolve, Math.min(50, 8 + tookMs / 20)))
    }
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      signal: AbortSignal.timeout(20_000),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`GET ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }

  /** Registers a device, with what the rules say of it. */
  async register(device: string): Promise<void> {
    const url = `http://127.0.0.1:${this.port}/v1/devices/${device}`
    const response = await fetch(url, { method: 'PUT', body: '{}' })
    if (!response.ok) throw new Error(`PUT ${url}: ${response.status} ${await response.text()}`)
  }

  stats(): Promise<Stats> {
    return this.get<Stats>('/v1/stats')
  }

  async alerts(state: 'firing' | 'resolved'): Promise<Alert[]> {
    return (await this.get<{ alerts: Alert[] }>(`/v1/alerts?limit=10000&state=${state}`)).alerts
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal)
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.#ended
  }

  /** Ends it as an operator would; returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.isRunning) this.child.kill('SIGTERM')
    const [code] = (await this.#ended) as [number | null]
    return code
  }

  /** The last lines that it said. */
  log(lines = 20): string {
    const said = this.said.slice(-lines).map((one) => JSON.stringify(one))
    return said.join('\n')
  }

  #listenTo(stream: Readable): void {
    createInterface(stream).on('line', (line) => {
      try {
        this.said.push(JSON.parse(line) as Said)
      } catch {
        this.said.push({ event: 'text', message: line })
      }
    })
  }
}
