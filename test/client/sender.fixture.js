// @ts-check
// Sends numbered readings for ever, with a folder, and says which number is stored last; for being killed.
import { connect } from 'millrace/client'

const [url, folder, from] = process.argv.slice(2)
const client = await connect({ url, folder, client: 'killed', batchReadings: 10, lingerMs: 1 })
let last = Number(from)
client.on('sealed', (frame) => process.stdout.write(`stored ${frame.readings().at(-1)?.value}\n`))
process.stdout.write('ready\n')
for (;;) {
  await client.send({ deviceId: 1 + (last % 3), metricId: 1, value: ++last })
  if (last % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
}
