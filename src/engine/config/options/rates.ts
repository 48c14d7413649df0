import { z } from 'zod'
import { rate } from './values.ts'

const readingsPerSecond = (whose: string) => rate(`Readings per second of ${whose}.`)
const framesPerSecond = (whose: string) => rate(`Frames per second of ${whose}.`)
const connections = (whose: string) => rate(`Open connections of ${whose}.`)

const shared = (whose: string) =>
  z
    .strictObject({
      connections: connections(whose),
      framesPerSecond: framesPerSecond(whose),
      readingsPerSecond: readingsPerSecond(whose),
    })
    .prefault({})

/** What one sender may take, so that its neighbours feel nothing of it. */
export const ratesOptions = z.strictObject({
  device: z.strictObject({ readingsPerSecond: readingsPerSecond('one device') }).prefault({}),
  tenant: shared('one tenant'),
  address: shared('one remote address'),
  client: z
    .strictObject({
      framesPerSecond: framesPerSecond('one connection'),
      readingsPerSecond: readingsPerSecond('one connection'),
    })
    .prefault({}),
})
