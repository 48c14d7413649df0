import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What a program said and how it ended. */
export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Runs a file of plain JavaScript with node, as a user would. */
export const runNode = (file: string, ...args: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: ROOT, timeout: 110_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    )
  })
