/**
 * `npm run torture -- --rounds 500 --seed 1`: prints every round and, at the end, the figures; exits with 1 when anything
 * was lost or doubled. `--only 'power cut'`: faults whose kind matches. `--planted`: plants bugs, and exits with 1 when one of them is not found in so many rounds.
 */
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { findPlanted } from './planted.ts'
import { torture } from './torture.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    planted: { type: 'boolean', default: false },
    only: { type: 'string', default: '.' },
  },
})
const root = fileURLToPath(new URL('../..', import.meta.url))
const [rounds, seed, from] = [values.rounds, values.seed, values.from].map(Number)
const say = (words: string): void => void process.stdout.write(`${words}\n`)
// what ends it also ends the servers and unmounts what is mounted, at `exit`
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
const options = { root, rounds, seed, from, say, only: new RegExp(values.only) }
const isGood = values.planted ? await findPlanted(options) : (await torture(options)).isGood
process.exit(isGood ? 0 : 1)
