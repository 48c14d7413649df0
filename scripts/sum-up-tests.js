/**
 * Reads vitest's JSON report and prints `N passed, N failed` as the last line; exits with 1 unless all is well. A test
 * file that cannot be loaded has no failed tests, and neither has an error outside of any test: each counts as one here.
 *
 * Usage: node scripts/sum-up-tests.js <report.json> [exit code of vitest]
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'

const [file, exitCode = '0'] = process.argv.slice(2)
const { success, numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'))

const broken = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
)
for (const { name, message } of broken) console.log(`failed outside of its tests: ${name}\n${message}`)

const failed = numFailedTests + broken.length
const isUnexplained = failed === 0 && (!success || exitCode !== '0' || numPassedTests === 0)
if (isUnexplained)
  console.log(`failed: success is ${success}, exit code ${exitCode}, ${numPassedTests} tests ran`)

const total = failed + (isUnexplained ? 1 : 0)
console.log(`${numPassedTests} passed, ${total} failed`)
process.exitCode = total === 0 ? 0 : 1
