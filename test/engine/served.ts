import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stats } from '../../src/core/stats.ts'
import { rawExchange } from '../ingest/server-fixture.ts'

const CLI = fileURLToPath(new URL('../../lib/cli.js', import.meta.url))
const POOL = { size: 1, min: 1, max: 1 }
const TICKS_PER_SECOND = 100

/** `millrace serve` in a process of its own, with a limit of open files. */
export class Served {
  readonly child: ChildProcess
  readonly port: number
  readonly #exit: Promise<unknown[]>

  private constructor(child: ChildProcess, port: number) {
    this.child = child
    this.port = port
    this.#exit = once(child, 'exit')
  }

  static async start(openFiles: number, config: Record<string, unknown> = {}): Promise<Served> {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-served-'))
    const file = join(folder, 'millrace.json')
    const { limits, ...others } = config
    const small = { series: 10_000, devices: 10_000, ...(limits as object) }
    writeFileSync(file, JSON.stringify({ port: 0, limits: small, pool: POOL, ...others }))
    const command = `ulimit -n ${openFiles}; exec "$0" "$@"`
    const args = ['-c', command, process.execPath, CLI, 'serve', '--json', '--config', file]
    const child = spawn('bash', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const { port } = JSON.parse(await listeningLine(child)) as { port: number }
      return new Served(child, port)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Resident bytes. */
  rssBytes(): number {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))
    return Number(line?.[1]) * 1024
  }

  /** CPU seconds used so far, all threads together. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }

  /** Status of a GET; 0 = closed without an answer, or none within half a minute. */
  async status(path: string): Promise<number> {
    return Number((await this.#get(path)).slice(9, 12))
  }

  /** Open streams as the server counts them. */
  async connections(): Promise<number> {
    const text = await this.#get('/v1/stats')
    return (JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Stats).connections
  }

  async #get(path: string): Promise<string> {
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    return (await rawExchange(this.port, request)).text
  }

  /** Ends it as an operator would; returns its exit code. */
  async stop(): Promise<unknown> {
    this.child.kill('SIGTERM')
    const [code] = await this.#exit
    return code
  }
}

/** Where it listens; with a data directory it may have said before what it has taken in again. */
async function listeningLine(child: ChildProcess): Promise<string> {
  const line = /^.*"listening".*$(?=\n)/m
  let said = ''
  while (!line.test(said)) {
    const [chunk] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])) as [
      Buffer | number,
    ]
    if (typeof chunk === 'number' || chunk === null)
      throw new Error(`millrace serve ended with ${String(chunk)}`)
    said += chunk.toString()
  }
  return line.exec(said)![0]
}
