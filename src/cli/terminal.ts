/** What a command may do to the outside: lines out, lines of error, and waiting to be told to stop. */
export interface Terminal {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  /**
   * Resolves at the first SIGINT or SIGTERM. A second one ends the process at once, as if nobody listened.
   */
  readonly stopRequested: () => Promise<string>
}

/** The process's own terminal. A reader that has gone (`millrace config | head`) is no error. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    stopRequested: firstSignal,
  }
}

function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    const stop = (signal: string): void => {
      // with no listener left the next signal kills, which shells report as 130; process.exit would abort the
      // process while listener threads have sockets open
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve(signal)
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
  })
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
