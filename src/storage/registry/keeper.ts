/**
 * The engine's side of the keeper process: starts it, hands on what it tells, and says in which of two ways it failed.
 * `damaged`: the database is not what was written (the keeper died of it, fell silent over it, or says so itself).
 * `failed`: the disk or the machine did not do what was asked; the file is as good as it was.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { getSystemErrorName } from 'node:util'
import { programFile } from '../../core/package-files.ts'
import type { Clock } from '../../core/clock.ts'
import type { FromKeeper, KeeperFailure, KeeperWrite } from './keeper-messages.ts'

const ENTRY = programFile('storage/registry/keeper.process.js')

/** Signals by which a process ends that has touched a damaged page. */
const CRASHES: readonly (string | null)[] = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP']
/** System errors that LMDB has for files that make no sense: no such entry, invalid argument. */
const NONSENSE: readonly number[] = [2, 22]
const MAX_SILENCE_MS = 60_000

export interface KeeperFault {
  readonly kind: 'damaged' | 'failed'
  readonly reason: string
  /** The system's name of the error, such as `ENOSPC`; '' = it has none. */
  readonly system: string
}

export type KeeperValues = readonly (readonly [key: string, value: Uint8Array])[]

type Answer = { readonly ok: true } | ({ readonly ok: false } & KeeperFault)

export class Keeper {
  readonly #child: ChildProcess
  readonly #stderr: Socket
  /** Resolves when the process has ended. */
  readonly #end: Promise<void>
  readonly #clock: Clock
  readonly #maxSilenceMs: number
  readonly #onValues: (values: KeeperValues) => void
  #fault: KeeperFault | undefined
  #answered: ((answer: Answer) => void) | undefined
  #cancelSilence = (): void => undefined
  #said = ''

  /** Starts the process; `ready` says how reading went. A file that is not there is made. */
  constructor(
    path: string,
    clock: Clock,
    onValues: (values: KeeperValues) => void,
    maxSilenceMs = MAX_SILENCE_MS,
  ) {
    this.#clock = clock
    this.#onValues = onValues
    this.#maxSilenceMs = maxSilenceMs
    this.#child = fork(fileURLToPath(ENTRY), [path], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    this.#child.on('message', (message) => this.#hear(message as FromKeeper))
    this.#child.on('error', (error) => this.#fail({ kind: 'failed', reason: error.message, system: '' }))
    this.#stderr = this.#child.stderr as Socket
    this.#stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-512)
    })
    this.#end = Promise.all([once(this.#child, 'exit'), once(this.#stderr, 'close')]).then(
      ([how]) => this.#ended(...(how as [number | null, NodeJS.Signals | null])),
      // could not be started, or not be told something because it has ended: told by the event `error`
      () => undefined,
    )
  }

  /** Resolves when all values are told and it can be written to. */
  ready(): Promise<Answer> {
    return this.#answer()
  }

  /** One transaction, durable when this resolves with `ok`. One at a time. */
  write(message: KeeperWrite): Promise<Answer> {
    const answer = this.#answer()
    if (this.#child.connected) this.#child.send(message)
    return answer
  }

  /** Ends the process and waits for its end. */
  async stop(): Promise<void> {
    this.#cancelSilence()
    this.#hold(true)
    if (this.#fault !== undefined) this.#child.kill('SIGKILL')
    else if (this.#child.connected) this.#child.disconnect()
    await this.#end
  }

  #answer(): Promise<Answer> {
    if (this.#fault !== undefined) return Promise.resolve({ ok: false, ...this.#fault })
    return new Promise((resolve) => {
      this.#hold(true)
      this.#listen()
      this.#answered = (answer) => {
        this.#answered = undefined
        this.#cancelSilence()
        this.#hold(false)
        resolve(answer)
      }
    })
  }

  #hear(message: FromKeeper): void {
    if (message.type === 'failed') return this.#fail(faultOf(message))
    if (message.type !== 'values') return this.#answered?.({ ok: true })
    this.#listen()
    this.#onValues(message.values)
  }

  #fail(fault: KeeperFault): void {
    this.#fault ??= fault
    this.#answered?.({ ok: false, ...this.#fault })
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`
    const reason = `its keeper ended ${how}${this.#said === '' ? '' : `: ${this.#said.trim()}`}`
    this.#fail({ kind: CRASHES.includes(signal) ? 'damaged' : 'failed', reason, system: '' })
  }

  /** A damaged database can lead LMDB in a circle. */
  #listen(): void {
    this.#cancelSilence()
    this.#cancelSilence = this.#clock.after(this.#maxSilenceMs, () => {
      const reason = `its keeper said nothing for ${this.#maxSilenceMs / 1000} s`
      this.#fail({ kind: 'damaged', reason, system: '' })
      this.#child.kill('SIGKILL')
    })
  }

  /** Whether this process has to stay for the child: only while something is asked of it. */
  #hold(needed: boolean): void {
    const held = [this.#child, this.#child.channel, this.#stderr]
    for (const handle of held) {
      if (needed) handle?.ref()
      else handle?.unref()
    }
  }
}

function faultOf({ code, message, overtaken }: KeeperFailure): KeeperFault {
  const isSystems = code > 0 && !NONSENSE.includes(code)
  const system = code > 0 ? getSystemErrorName(-code) : ''
  return { kind: isSystems || overtaken ? 'failed' : 'damaged', reason: message, system }
}
