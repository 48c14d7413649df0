import { newClient, type Client } from './client.ts'
import { newKept } from './frame.ts'
import { check, settingsOf, type ClientOptions } from './options.ts'
import { browserWire } from './wire.ts'

export type { ClientOptions } from './options.ts'
export type { Client } from './client.ts'
export type { ClientEvents, FrameSummary, GivenUp } from './events.ts'
export type { ClientStats } from './stats.ts'
export type { Reading, SentReading } from './reading.ts'
export type { WebSocketConstructor, WebSocketLike } from './wire.ts'
export { MillraceError, type ErrorCode } from '../core/errors.ts'
export { deviceIdOf } from '../core/ids.ts'

/**
 * A client of a Millrace server. It connects by itself, again and again, and takes readings at once. What is not settled
 * is in memory only. Rejects with `bad-config` if an option is not valid.
 *
 * @example
 * const client = await connect({ url: 'wss://millrace.example', token })
 * await client.send({ device: 'pump-7', metric: 'temperature', value: 21.4 })
 */
export async function connect(options: ClientOptions): Promise<Client> {
  const settings = settingsOf(options)
  const { WebSocket } = settings
  check(WebSocket, 'WebSocket', WebSocket, 'one, as this runtime has none')
  return newClient(settings, browserWire(WebSocket!), newKept())
}
