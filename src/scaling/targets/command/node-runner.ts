import { spawn } from 'node:child_process'
import type { CommandCall, CommandEnd, CommandRunner } from './runner.ts'

/** Of each of its outputs so much is kept, the last. */
const MOST_OUTPUT = 16 * 1024

export class NodeRunner implements CommandRunner {
  run({ file, args, env, input, signal }: CommandCall): Promise<CommandEnd> {
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        ...{
          env: { ...process.env, ...env },
          signal,
          killSignal: 'SIGKILL',
          shell: false,
          windowsHide: true,
        },
        stdio: 'pipe',
      })
      const output = lastOf(child.stdout)
      const errors = lastOf(child.stderr)
      child.on('error', reject)
      child.on('close', (exitCode) => resolve({ exitCode, output: output(), errors: errors() }))
      // who doesn't read what it is given closes its input
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
    })
  }
}

function lastOf(stream: NodeJS.ReadableStream): () => string {
  let kept = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => (kept = (kept + chunk).slice(-MOST_OUTPUT)))
  return () => kept
}
