import { Command, CommanderError } from 'commander'
import { type ErrorCode, MillraceError } from '../core/errors.ts'
import type { Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'

/** What the shell is told: fine, an operating error, a wrong usage or configuration. */
export const EXIT = { ok: 0, failed: 1, misused: 2 } as const

const MISUSES: readonly ErrorCode[] = ['bad-config', 'insecure-bind', 'out-of-memory']

/**
 * Runs the command that `args` name and returns the exit code. Errors become lines on stderr that begin with
 * `millrace: `, or with --json one JSON document.
 */
export async function runMillrace(args: readonly string[], commands: readonly Command[], terminal: Terminal) {
  const program = millrace(terminal)
  for (const command of commands) program.addCommand(inherit(command, program))
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    const failure = failureOf(error)
    if (failure === null) return EXIT.ok
    report(failure, args.includes('--json'), terminal)
    return failure.exitCode
  }
}

/** The settings of `parent`, down to the commands of commands. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const part of command.commands) inherit(part, command)
  return command
}

function millrace(terminal: Terminal): Command {
  const write = (print: (line: string) => void) => (text: string) => print(text.replace(/\n$/, ''))
  return new Command('millrace')
    .description('A streaming engine for IoT fleets.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: write(terminal.out),
      writeErr: write(terminal.err),
      outputError: () => undefined,
    })
}

interface Failure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly exitCode: number
  readonly problems?: unknown
}

/** What went wrong; null for --help and --version, which commander reports as errors too. */
function failureOf(error: unknown): Failure | null {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null
    const message =
      error.code === 'commander.help'
        ? 'say what to do'
        : error.message.replace(/^error: /, '').replaceAll('\n', ' ')
    return {
      code: 'usage',
      message: `${message} (see millrace --help)`,
      retryable: false,
      exitCode: EXIT.misused,
    }
  }
  if (error instanceof MillraceError) {
    const { code, message, retryable, context } = error
    const exitCode = MISUSES.includes(code) ? EXIT.misused : EXIT.failed
    return { code, message, retryable, exitCode, ...(context.problems ? { problems: context.problems } : {}) }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'internal', message, retryable: false, exitCode: EXIT.failed }
}

function report({ exitCode: _, ...failure }: Failure, json: boolean, terminal: Terminal): void {
  if (json) return terminal.err(JSON.stringify(failure))
  for (const line of failure.message.split('\n')) terminal.err(`millrace: ${line}`)
}
