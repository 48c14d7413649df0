/**
 * A hook as a program: it gets the wave as JSON on its standard input, and where to report in its environment. It is done
 * when it ends with 0 and has failed when it ends with anything else; the end of what it wrote to stderr says why.
 */
import { spawn } from 'node:child_process'
import type { Clock } from '../../core/clock.ts'
import type { HookAnswer, HookCall } from '../../reservations/ports.ts'
import { reportPath } from './webhook-hook.ts'

interface CommandOptions {
  readonly run: readonly string[]
  readonly timeout: number
}

export interface CommandPorts {
  readonly clock: Clock
  readonly externalUrl: string
}

const KILL_AFTER_MS = 5000
const SHOWN_CHARACTERS = 500

export function runCommand(
  { run, timeout }: CommandOptions,
  call: HookCall,
  signal: AbortSignal,
  { clock, externalUrl }: CommandPorts,
): Promise<HookAnswer> {
  const [program, ...args] = run
  const reportUrl = `${externalUrl.replace(/\/$/, '')}${reportPath(call.token)}`
  const env = {
    ...{ ...process.env, MILLRACE_JOB: call.job, MILLRACE_WINDOW: call.window },
    ...{ MILLRACE_WAVE: String(call.wave), MILLRACE_REPORT_URL: reportUrl },
  }
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], env })
  let said = ''
  let stopped = ''
  let cancelKill = (): void => undefined
  const stop = (why: string): void => {
    stopped = why
    child.kill('SIGTERM')
    cancelKill = clock.after(KILL_AFTER_MS, () => child.kill('SIGKILL'))
  }
  const onAbort = (): void => stop('called off')
  signal.addEventListener('abort', onAbort)
  const cancelLimit =
    timeout === 0 ? undefined : clock.after(timeout, () => stop(`not done within ${timeout} ms`))
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-SHOWN_CHARACTERS)))
  // whoever doesn't want to read it may close it
  child.stdin.on('error', () => undefined)
  child.stdin.end(`${JSON.stringify({ ...call, reportUrl })}\n`)
  return new Promise((resolve) => {
    const finish = (answer: HookAnswer): void => {
      cancelLimit?.()
      cancelKill()
      signal.removeEventListener('abort', onAbort)
      resolve(answer)
    }
    child.on('error', (error) => finish({ status: 'FAILED', message: error.message }))
    child.on('close', (code, killed) => {
      if (code === 0 && stopped === '') return finish({ status: 'SUCCEEDED', message: '' })
      const how = stopped !== '' ? stopped : killed === null ? `ended with ${code}` : `ended by ${killed}`
      finish({ status: 'FAILED', message: said.trim() === '' ? how : `${how}: ${said.trim()}` })
    })
  })
}
