// @ts-check
/**
 * Correlation on a real catalogue: `node examples/earthquakes/main.js`. Quakes in cells of 39 × 20 km side by side and within six hours of each other
 * become one incident, a swarm, with where it probably began; the rest of the week's quakes stay single. What they have in common is in
 * swarms.json; `millrace run` finds the same swarms: see strong.js.
 */
import { readFileSync } from 'node:fs'
import { createEngine } from 'millrace'
import { catalogue } from './catalogue.js'

const HOUR_MS = 3_600_000
const BATCH = 500

/** @type {import('millrace').ConfigInput} */
const config = JSON.parse(readFileSync(new URL('./swarms.json', import.meta.url), 'utf8'))
const engine = await createEngine(config)
engine.on('failure', (error) => console.error(error))
engine.on('incident', ({ id, place, members, mergedInto }, change) => {
  if (change === 'merged') console.log(`${id} is part of ${mergedInto}`)
  else if (change === 'opened') console.log(`opened: ${id} with ${members} stations around ${place}`)
})

const { quakes, places, readings } = catalogue()
for (let from = 0; from < readings.length; from += BATCH)
  await engine.ingest(readings.slice(from, from + BATCH))
while (engine.stats().account.inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10))

const swarms = engine.incidents.recent(1000).filter(({ reason }) => reason !== 'merged')
swarms.sort((a, b) => b.members - a.members)
console.log(`${quakes} quakes at ${places.size} stations: ${swarms.length} swarms`)
for (const { members, startsAt, updatedAt, place, origins } of swarms.slice(0, 5)) {
  const [{ device, likelihood }] = origins
  const hours = ((updatedAt - startsAt) / HOUR_MS).toFixed(0)
  const percent = (100 * likelihood).toFixed(0)
  console.log(
    `${members} stations around ${place} within ${hours} h, first ${new Date(startsAt).toISOString()}`,
  )
  console.log(`  probably from ${places.get(device)} (${percent} %)`)
}
await engine.close()
