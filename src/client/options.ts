import { ambientClock, ambientRandom } from '../core/ambient.ts'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { GivenUp } from './events.ts'
import { BUFFER_BYTES, HOUR_MS, MAX_FRAME_READINGS, SEQ_SPAN } from './limits.ts'
import { within } from './reading.ts'
import type { WebSocketConstructor } from './wire.ts'

export interface ClientOptions {
  /** `ws://` or `wss://`; the path is `/v1/stream` unless given. */
  readonly url: string | URL
  /**
   * What the client is called, at most 100 characters. The server knows it by this name and a suffix of its own, which
   * lives as long as its frames' numbers rise.
   */
  readonly client?: string
  readonly token?: string | (() => string | Promise<string>)
  /** Numbers of metrics that need not be asked of the server. */
  readonly metrics?: Readonly<Record<string, number>>
  /** Whether readings without a time get the time at which they were handed over; else the server's time of arrival. */
  readonly stampTime?: boolean
  /** A frame is sent when it has so many readings, */
  readonly batchReadings?: number
  /** or when its first reading has waited this long. */
  readonly lingerMs?: number
  /** Bounds of what is not settled yet; beyond them there is back pressure. */
  readonly bufferFrames?: number
  readonly bufferBytes?: number
  /** Frames that may be under way without an answer, at most 255; the server's credit may say less. */
  readonly window?: number
  readonly connectTimeoutMs?: number
  /** Without an answer for this long although one is owed, the connection is given up and another one opened. */
  readonly replyTimeoutMs?: number
  /** Bound of the wait before connecting again: doubles from the first to the second. */
  readonly reconnectMs?: number
  readonly reconnectMaxMs?: number
  /** The same for sending again what was refused. A longer wait asked for by the server is kept to. */
  readonly retryMs?: number
  readonly retryMaxMs?: number
  /** Refusals after which readings are given up; for ever if not given. */
  readonly maxTries?: number
  /** The same for reasons that last until somebody acts: unknown-device, unknown-metric, series-limit, unauthorized. */
  readonly maxTriesLasting?: number
  /** Age at which waiting readings are given up; never if not given. */
  readonly maxAgeMs?: number
  /** Told of all readings that are given up. Without it, and without a listener, they are told on the console. */
  readonly onGivenUp?: (givenUp: GivenUp) => void
  /** Injected, where the runtime has none or a test wants its own. */
  readonly WebSocket?: WebSocketConstructor
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  readonly random?: Random
}

/** Default and bounds by name; an hour unless said otherwise. Of a text, the bounds are those of its length. */
export type BoundsTable = Readonly<
  Record<string, readonly [fallback: number | string, least?: number, most?: number]>
>

export const BOUNDED = {
  client: ['client', 0, 100],
  batchReadings: [1000, 1, MAX_FRAME_READINGS],
  lingerMs: [5, 0],
  bufferFrames: [65_536, 2, 2 ** 24],
  bufferBytes: [BUFFER_BYTES, 4096, 2 ** 40],
  window: [SEQ_SPAN, 1, SEQ_SPAN],
  connectTimeoutMs: [10_000],
  replyTimeoutMs: [30_000],
  reconnectMs: [100],
  reconnectMaxMs: [30_000],
  retryMs: [50],
  retryMaxMs: [30_000],
  maxTries: [Infinity, 1, Infinity],
  maxTriesLasting: [5, 1, Infinity],
  maxAgeMs: [Infinity, 1, Infinity],
} satisfies BoundsTable

/** Options as the parts of a client take them; only what there may be nothing of is missing. */
export interface Settings extends Readonly<Record<Exclude<keyof typeof BOUNDED, 'client'>, number>> {
  readonly url: URL
  readonly client: string
  readonly token: () => Promise<string>
  readonly metrics: Readonly<Record<string, number>>
  readonly stampTime: boolean
  readonly onGivenUp: ((givenUp: GivenUp) => void) | undefined
  readonly WebSocket: WebSocketConstructor | undefined
  readonly fetch: typeof fetch | undefined
  readonly clock: Clock
  readonly random: Random
}

/** Throws `bad-config` with what is allowed. */
export function check(isAllowed: unknown, name: string, value: unknown, allowed: string): void {
  if (!isAllowed) throw new MillraceError('bad-config', `${name}: ${String(value)}; allowed: ${allowed}`)
}

/** Checks options and completes them; `others` are allowed besides. Throws `bad-config`. */
export function settingsOf<More>(
  options: ClientOptions,
  bounded: BoundsTable = BOUNDED,
  others = {},
): Settings & More {
  const settings: Record<string, unknown> = {
    url: '',
    token: '',
    metrics: {},
    stampTime: true,
    onGivenUp: undefined,
    WebSocket: (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket,
    fetch: undefined,
    clock: ambientClock,
    random: ambientRandom,
    ...others,
  }
  for (const name in bounded) settings[name] = bounded[name][0]
  for (const [name, value] of Object.entries(options)) {
    check(Object.hasOwn(settings, name), 'option', name, Object.keys(settings).join(', '))
    if (value !== undefined) settings[name] = value
  }
  for (const name in bounded) {
    const [fallback, least = 1, most = HOUR_MS] = bounded[name]
    const value = settings[name]
    const kind = typeof fallback
    const isAllowed = kind === typeof value && within((value as string).length ?? value, least, most)
    check(isAllowed, name, value, `${kind}, ${least} to ${most}`)
  }
  const { token } = settings as Pick<Required<ClientOptions>, 'token'>
  const address = String(settings.url)
  check(/^wss?:/.test(address) && URL.canParse(address), 'url', address, 'ws:// or wss://')
  const url = new URL(address)
  if (url.pathname === '/') url.pathname = '/v1/stream'
  settings.url = url
  settings.token = async () => (typeof token === 'function' ? token() : token)
  return settings as unknown as Settings & More
}
