/** The client library in a process that is killed between sending and acknowledgement, and starts again with its folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SeriesAccount } from './series-account.ts'

const PROGRAM = fileURLToPath(new URL('./fixtures/killed-client.js', import.meta.url))

/** What one process of the client sent, all of it readings of one device. */
export interface Incarnation {
  readonly account: SeriesAccount
  /** Index up to which they are in the folder, so that the next process sends them. */
  sealed: number
  acknowledged: number
}

export class KilledClient {
  readonly incarnations: Incarnation[] = []
  readonly #folder: string
  readonly #name: string
  readonly #port: () => number
  readonly #onViolation: (words: string) => void
  #child: ChildProcess | undefined
  #isFlushed = true
  #isGoing = false
  /** The incarnation's readings are made as it says that it has made them. */
  #text = ''

  constructor(folder: string, name: string, port: () => number, onViolation: (words: string) => void) {
    this.#folder = join(folder, 'client')
    this.#name = name
    this.#port = port
    this.#onViolation = onViolation
  }

  get isSettled(): boolean {
    return this.#child === undefined || this.#isFlushed
  }

  start(): void {
    const account = new SeriesAccount(`${this.#name}-${this.incarnations.length}`)
    const incarnation: Incarnation = { account, sealed: 0, acknowledged: 0 }
    this.incarnations.push(incarnation)
    const url = `ws://127.0.0.1:${this.#port()}`
    const args = [PROGRAM, url, this.#folder, String(account.deviceId), '0']
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.#text = ''
    child.stdin.on('error', () => undefined)
    child.stdout.on('data', (data: Buffer) => this.#hear(incarnation, data))
    if (this.#isGoing) this.#tell('go')
  }

  go(): void {
    if (this.#child === undefined) this.start()
    this.#isGoing = true
    this.#tell('go')
  }

  /** No new readings, and `isSettled` once all are acknowledged. */
  end(): void {
    this.#isGoing = false
    this.#tell('end')
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  #tell(command: 'go' | 'end'): void {
    this.#isFlushed = false
    this.#child?.stdin?.write(`${command}\n`)
  }

  #hear(incarnation: Incarnation, data: Buffer): void {
    const lines = (this.#text + data.toString()).split('\n')
    this.#text = lines.pop()!
    for (const line of lines) {
      const [word, rest] = line.split(' ', 2)
      if (word === 'sealed') incarnation.sealed = Math.max(incarnation.sealed, Number(rest))
      else if (word === 'acknowledged')
        incarnation.acknowledged = Math.max(incarnation.acknowledged, Number(rest))
      else if (word === 'flushed') this.#isFlushed = !this.#isGoing
      else if (word !== 'ready') this.#onViolation(`the client library says: ${line}`)
    }
  }
}
