/** A Node program in a process of its own, heard line by line and ended by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ProgramStart {
  /** Script and arguments, with flags for Node before them. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Lines kept to say why a program ended. */
const LAST_LINES = 20
const KILL_AFTER_MS = 20_000

export class Program {
  readonly #child: ChildProcess
  readonly #args: readonly string[]
  readonly #ended: Promise<number | null>
  readonly #last: string[] = []
  readonly #listeners = new Set<(line: string) => void>()
  #out = ''

  constructor({ args, env }: ProgramStart) {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.#child = child
    this.#args = args
    this.#ended = once(child, 'close').then(([code]) => code as number | null)
    for (const pipe of [child.stdout, child.stderr])
      createInterface({ input: pipe }).on('line', (line) => this.#hear(line))
    child.stdout.on('data', (piece: Buffer) => (this.#out += piece.toString()))
  }

  /** Calls `listener` for each line on either stream; returns what ends it. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The first line that `read` makes something of. Rejects when the program ends before. */
  async firstLine<T>(read: (line: string) => T | undefined): Promise<T> {
    let stop = (): unknown => undefined
    const found = new Promise<T>((resolve) => {
      stop = this.onLine((line) => {
        const value = read(line)
        if (value !== undefined) resolve(value)
      })
    })
    const outcome = await Promise.race([found.then((value) => ({ value })), this.#ended])
    stop()
    if (outcome !== null && typeof outcome === 'object') return outcome.value
    throw this.#failure(`ended too early (exit code ${outcome})`)
  }

  /** Waits for its end by itself; returns what it wrote to its output. */
  async output(): Promise<string> {
    const code = await this.#ended
    if (code !== 0) throw this.#failure(`ended with exit code ${code}`)
    return this.#out
  }

  signal(signal: 'SIGUSR2'): void {
    this.#child.kill(signal)
  }

  /** Asks it to end, insists when it takes too long, and waits. */
  async stop(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal)
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS)
    await this.#ended
    clearTimeout(insist)
  }

  #hear(line: string): void {
    this.#last.push(line)
    if (this.#last.length > LAST_LINES) this.#last.shift()
    for (const listener of [...this.#listeners]) listener(line)
  }

  #failure(what: string): Error {
    return new Error(`node ${this.#args.join(' ')} ${what}:\n${this.#last.join('\n')}`)
  }
}

/** The JSON document on a line, or undefined when it is something else. */
export function documentOn(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}
