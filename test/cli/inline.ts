/** `millrace` in this process: the same commands, without the start of a program for each. */
import { commandsFor } from '../../src/cli/commands.ts'
import { runMillrace } from '../../src/cli/run.ts'

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command to its end, in `folder` if that is given; nothing else may go by the working directory meanwhile. */
export async function inline(args: readonly string[], folder = process.cwd()): Promise<Said> {
  const said = { out: '', err: '' }
  const terminal = {
    out: (line: string) => void (said.out += `${line}\n`),
    err: (line: string) => void (said.err += `${line}\n`),
    stopRequested: () => new Promise<string>(() => undefined),
  }
  const before = process.cwd()
  process.chdir(folder)
  try {
    const code = await runMillrace(args, await commandsFor(args, terminal), terminal)
    return { code, ...said }
  } finally {
    process.chdir(before)
  }
}

/** The words of a command line, or undefined where it takes a shell to understand it. */
export function wordsOf(command: string): string[] | undefined {
  if (/[|<>&$;`\\*]/.test(command)) return undefined
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c)
}
