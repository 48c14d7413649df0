import { WebSocket } from 'ws'
import { newClient, type Client } from './client.ts'
import { newKept, type Kept } from './frame.ts'
import { nodeWire, type NodeWebSocketConstructor } from './node-wire.ts'
import { BOUNDED, settingsOf, type ClientOptions, type BoundsTable, type Settings } from './options.ts'
import { browserWire, type OpenWire } from './wire.ts'

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
  /** Silence after which the server is asked for a sign of life; without one for `replyTimeoutMs`, as above. */
  readonly pingMs?: number
}

const NUMBERS = {
  memoryBytes: [64 * 2 ** 20, 0, 2 ** 32],
  pingMs: [15_000, 1, 3_600_000],
} satisfies BoundsTable

interface NodeSettings extends Settings, Readonly<Record<keyof typeof NUMBERS, number>> {
  readonly folder: string | undefined
  readonly fsync: boolean
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
  const wireFor = (settings: NodeSettings) =>
    options.WebSocket ? browserWire(options.WebSocket) : nodeWire(ws, settings)
  return opened(options, wireFor)
}

/** @internal The same over any kind of connection. */
export async function connectOver(openWire: OpenWire, options: NodeClientOptions): Promise<Client> {
  return opened(options, () => openWire)
}

const ws = WebSocket as unknown as NodeWebSocketConstructor

async function opened(
  options: NodeClientOptions,
  wireFor: (settings: NodeSettings) => OpenWire,
): Promise<Client> {
  const settings = settingsOf<NodeSettings>(
    options,
    { ...BOUNDED, ...NUMBERS },
    { folder: undefined, fsync: false },
  )
  const { folder, fsync, memoryBytes } = settings
  const kept = folder === undefined ? newKept() : await keptIn(folder, fsync, memoryBytes)
  return newClient(settings, wireFor(settings), kept)
}

/** What a folder keeps; the code for it is loaded only where there is one. */
async function keptIn(folder: string, fsync: boolean, memoryBytes: number): Promise<Kept> {
  const { openFolder } = await import('./folder/open-folder.ts')
  return openFolder(folder, fsync, memoryBytes)
}
