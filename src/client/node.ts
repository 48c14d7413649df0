import { WebSocket } from 'ws'
import { ambientClock, ambientRandom } from '../core/ambient.ts'
import { Client } from './client.ts'
import { openFolder } from './folder/open-folder.ts'
import { memoryStore, newInstance, type Kept } from './frame.ts'
import { settingsOf, type ClientOptions } from './options.ts'
import { browserWire, nodeWire, type OpenWire, type NodeWebSocketConstructor } from './wire.ts'

export type { ClientOptions } from './options.ts'
export type { Client } from './client.ts'
export type { ClientEvents, FrameSummary, GivenUp } from './events.ts'
export type { ClientStats } from './stats.ts'
export type { Reading, SentReading } from './reading.ts'
export type { WebSocketConstructor, WebSocketLike } from './wire.ts'
export { MillraceError, type ErrorCode } from '../core/errors.ts'
export { deviceIdOf } from '../core/ids.ts'

/** What a client in Node can do besides. */
export interface NodeClientOptions extends ClientOptions {
  /** Keeps what is not settled in files there, so that the next client of this folder sends it. One client at a time. */
  readonly folder?: string
  /** With `folder`: makes each frame safe from a power cut, too, before it is sent. */
  readonly fsync?: boolean
  /** With `folder`: frames kept in memory besides, at most. */
  readonly memoryBytes?: number
}

/**
 * A client of a Millrace server. It connects by itself, again and again, and takes readings at once. Rejects with
 * `bad-config` if an option is not valid, with `data-dir-in-use` or `storage-failed` if the folder can't be had.
 *
 * @example
 * const client = await connect({ url: 'ws://127.0.0.1:9000', folder: 'unsent' })
 * await client.send({ device: 'pump-7', metric: 'temperature', value: 21.4 })
 * await client.close()
 */
export async function connect(options: NodeClientOptions): Promise<Client> {
  return connectOver(options.WebSocket ? browserWire(options.WebSocket) : nodeWire(ws), options)
}

/** @internal The same over any kind of connection. */
export async function connectOver(openWire: OpenWire, options: NodeClientOptions): Promise<Client> {
  const settings = settingsOf(options)
  return new Client(settings, {
    openWire,
    kept: keptOf(options),
    fetch: options.fetch ?? fetch,
    clock: options.clock ?? ambientClock,
    random: options.random ?? ambientRandom,
  })
}

const ws = WebSocket as unknown as NodeWebSocketConstructor

function keptOf({ folder, fsync = false }: NodeClientOptions): Kept {
  if (folder !== undefined) return openFolder(folder, fsync)
  return { store: memoryStore, instance: newInstance(), nextSeq: 1, frames: [], damage: [] }
}
