// @ts-check
/**
 * Nothing that was acknowledged is lost: starts `engine.js`, kills it (SIGKILL) while it takes readings, starts it again
 * and compares. Run it with `node examples/durable/main.js`.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('engine.js', import.meta.url))
const ENOUGH = 5000
const folder = mkdtempSync(join(tmpdir(), 'durable-'))

/**
 * Runs the program; resolves with the last number it said of each kind.
 * @param {string[]} task
 * @param {(acknowledged: number) => boolean} isEnough says when to kill it
 */
async function run(task, isEnough) {
  const program = spawn(process.execPath, [PROGRAM, folder, ...task], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  /** @type {Record<string, number>} */
  const said = {}
  for await (const line of createInterface(program.stdout)) {
    const [what, figure] = line.split(': ')
    said[what] = Number(figure)
    if (isEnough(said.acknowledged)) program.kill('SIGKILL')
  }
  return said
}

const before = await run([], (acknowledged) => acknowledged >= ENOUGH)
console.log(`killed after ${before.acknowledged} readings were acknowledged`)

const after = await run(['count'], () => false)
console.log(`taken in again: ${after['taken in again']}`)

// a frame may have been on the disk whose answer was still on its way
const lost = Math.max(0, before.acknowledged - after['taken in again'])
console.log(`lost: ${lost}`)
rmSync(folder, { recursive: true })
process.exitCode = lost === 0 ? 0 : 1
