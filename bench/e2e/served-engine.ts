/** `millrace serve` in a process of its own, asked over HTTP like any client would. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stats } from '../../src/core/stats.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { documentOn, Program } from './program.ts'

export const CLI = fileURLToPath(new URL('../../lib/cli.js', import.meta.url))
const SETTLED_POLL_MS = 20
const SETTLED_WITHIN_MS = 120_000

export class ServedEngine {
  readonly url: string
  readonly program: Program
  readonly #folder: string

  private constructor(program: Program, url: string, folder: string) {
    this.program = program
    this.url = url
    this.#folder = folder
  }

  /** `nodeFlags` go to the engine's Node, such as --trace-gc. */
  static async start(config: ConfigInput, nodeFlags: readonly string[] = []): Promise<ServedEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'))
    const file = join(folder, 'millrace.json')
    await writeFile(file, JSON.stringify(config))
    const args = [...nodeFlags, CLI, 'serve', '--config', file, '--port', '0', '--json']
    const program = new Program({ args })
    const url = await program.firstLine((line) => {
      const said = documentOn(line)
      return said?.event === 'listening' ? String(said.url) : undefined
    })
    return new ServedEngine(program, url, folder)
  }

  async isReady(): Promise<boolean> {
    return (await fetch(new URL('/readyz', this.url.replace(/^ws/, 'http')))).ok
  }

  async stats(): Promise<Stats> {
    return (await (await this.#get('/v1/stats')).json()) as Stats
  }

  /** Processor seconds of all its threads so far. */
  async cpuSeconds(): Promise<number> {
    const text = await (await this.#get('/metrics')).text()
    const seconds = /^process_cpu_seconds_total (\S+)/m.exec(text)
    if (!seconds) throw new Error('/metrics has no process_cpu_seconds_total')
    return Number(seconds[1])
  }

  /** The figures once nothing is on its way any more. */
  async settled(): Promise<Stats> {
    const untilMs = performance.now() + SETTLED_WITHIN_MS
    for (let last = -1; ;) {
      const stats = await this.stats()
      if (stats.account.inFlight === 0 && stats.account.received === last) return stats
      if (performance.now() > untilMs)
        throw new Error(`not settled after ${SETTLED_WITHIN_MS} ms: ${JSON.stringify(stats.account)}`)
      last = stats.account.received
      await new Promise((resolve) => setTimeout(resolve, SETTLED_POLL_MS))
    }
  }

  async stop(): Promise<void> {
    await this.program.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.program.stop('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
  }

  async json<T>(path: string): Promise<T> {
    return (await (await this.#get(path)).json()) as T
  }

  async send(method: string, path: string, body?: unknown): Promise<void> {
    await this.#ask(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
  }

  #get(path: string): Promise<Response> {
    return this.#ask(path, {})
  }

  async #ask(path: string, options: RequestInit): Promise<Response> {
    const response = await fetch(new URL(path, this.url.replace(/^ws/, 'http')), options)
    if (response.ok) return response
    throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`)
  }
}

/** Runs `use` with an engine that is stopped whatever happens. */
export async function withEngine<T>(
  config: ConfigInput,
  use: (engine: ServedEngine) => Promise<T>,
  nodeFlags: readonly string[] = [],
): Promise<T> {
  const engine = await ServedEngine.start(config, nodeFlags)
  try {
    return await use(engine)
  } finally {
    await engine.stop()
  }
}
