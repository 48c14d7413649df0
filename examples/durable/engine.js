// @ts-check
/**
 * A program with an engine that keeps what it has acknowledged. It hands in readings without an end and says, after each
 * answer, how many have been acknowledged so far; `main.js` kills it in the middle. With `count` it only says what is
 * there. `node examples/durable/engine.js <folder> [count]`
 */
import { createEngine } from 'millrace'

const [dataDir, task] = process.argv.slice(2)
const engine = await createEngine({ durability: 'journal', dataDir, limits: { series: 10_000 } })
engine.on('failure', (error) => console.error(error))
engine.on('recovered', ({ readings }) => console.log(`taken in again: ${readings}`))
await engine.ready // everything from before is processed again

if (task === 'count') {
  await engine.close()
  console.log(`processed: ${engine.stats().account.processed}`)
} else {
  let acknowledged = 0
  for (let i = 0; ; i++) {
    const frame = Array.from({ length: 100 }, (_, pump) => ({
      ...{ device: `pump-${pump}`, metric: 'temperature' },
      value: 20 + Math.sin(i / 10),
    }))
    const { accepted } = await engine.ingest(frame) // returns when they are on the disk
    acknowledged += accepted
    console.log(`acknowledged: ${acknowledged}`)
  }
}
