// @ts-check
/** `npm start`: see README.md in this folder. */
import { createEngine } from 'millrace'
import { runDemo } from './demo.js'
import { demoOptions, USAGE } from './options.js'

/** @param {string[]} args */
function optionsOrExit(args) {
  try {
    return demoOptions(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return process.exit(2)
  }
}

const options = optionsOrExit(process.argv.slice(2))
const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort())
process.once('SIGTERM', () => interrupt.abort())

try {
  const report = await runDemo(options, createEngine, process.stdout, interrupt.signal)
  if (options.json) console.log(JSON.stringify(report, null, 2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
