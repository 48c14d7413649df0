/**
 * Runs the checks of `npm run check` on what was built, two at a time. What a check says is shown when it is over, so that
 * nothing is mixed up.
 */
import { spawn } from 'node:child_process'
import process from 'node:process'

const LANES = [
  ['lint', 'layers', 'package'],
  ['format', 'types', 'dead', 'generated'],
]

/**
 * @param {string} name
 * @returns {Promise<boolean>} whether it found nothing
 */
function check(name) {
  const child = spawn('npm', ['run', '--silent', `check:${name}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  /** @type {Buffer[]} */
  const said = []
  child.stdout.on('data', (chunk) => said.push(chunk))
  child.stderr.on('data', (chunk) => said.push(chunk))
  return new Promise((resolve) => {
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said))
      if (code !== 0) console.log(`check:${name} failed (exit code ${code})`)
      resolve(code === 0)
    })
  })
}

const lanes = LANES.map(async (names) => {
  let isGood = true
  for (const name of names) isGood = (await check(name)) && isGood
  return isGood
})
process.exitCode = (await Promise.all(lanes)).every(Boolean) ? 0 : 1
