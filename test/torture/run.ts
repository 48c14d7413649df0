/** `npm run torture -- --rounds 500 --seed 1`. */
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { torture } from './torture.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
})
const root = fileURLToPath(new URL('../..', import.meta.url))
const [rounds, seed, from] = [values.rounds, values.seed, values.from].map(Number)
const say = (words: string): void => void process.stdout.write(`${words}\n`)
const report = await torture({ root, rounds, seed, from, say })
process.exit(report.isGood ? 0 : 1)
