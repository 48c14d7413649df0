import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

/** A program in a process of its own; what was built starts much sooner than the sources do. */
export class Spawned {
  readonly child: ChildProcess
  readonly #said = { out: '', err: '' }
  readonly #ended: Promise<unknown[]>

  constructor(file: string, args: readonly string[], env: Record<string, string> = {}) {
    const program = fileURLToPath(new URL(`../../${file}`, import.meta.url))
    const options = {
      stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    }
    const child = spawn(process.execPath, [program, ...args], options)
    child.stdout.on('data', (chunk: Buffer) => (this.#said.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (this.#said.err += chunk.toString()))
    this.child = child
    this.#ended = once(child, 'close')
  }

  /** Resolves as soon as it has said `text` on the stream. */
  async says(text: string, stream: 'out' | 'err' = 'out'): Promise<void> {
    const pipe = stream === 'out' ? this.child.stdout : this.child.stderr
    while (!this.#said[stream].includes(text)) {
      const more = await Promise.race([once(pipe!, 'data'), this.#ended.then(() => 'ended')])
      if (more === 'ended' && !this.#said[stream].includes(text)) {
        throw new Error(`ended without saying ${text}: ${this.#said.out}${this.#said.err}`)
      }
    }
  }

  async end(): Promise<Ended> {
    const [code, signal] = (await this.#ended) as [number | null, string | null]
    return { code, signal, ...this.#said }
  }
}

export const millrace = (...args: string[]): Promise<Ended> => new Spawned('lib/cli.js', args).end()
