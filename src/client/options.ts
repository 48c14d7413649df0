import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { SEQ_SPAN } from './outbox.ts'
import type { WebSocketConstructor } from './wire.ts'
import type { GivenUp } from './events.ts'

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
  readonly pingMs?: number
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

const KIB = 1024
const MAX_FRAME_READINGS = 32_000

/** Defaults and bounds of the numbers. */
const NUMBERS = {
  batchReadings: [1000, 1, MAX_FRAME_READINGS],
  lingerMs: [5, 0, 60_000],
  bufferFrames: [65_536, 2, 2 ** 24],
  bufferBytes: [64 * KIB * KIB, 4 * KIB, 2 ** 40],
  memoryBytes: [64 * KIB * KIB, 0, 2 ** 32],
  window: [SEQ_SPAN, 1, SEQ_SPAN],
  connectTimeoutMs: [10_000, 1, 3_600_000],
  replyTimeoutMs: [30_000, 1, 3_600_000],
  pingMs: [15_000, 1, 3_600_000],
  reconnectMs: [100, 1, 3_600_000],
  reconnectMaxMs: [30_000, 1, 3_600_000],
  retryMs: [50, 1, 3_600_000],
  retryMaxMs: [30_000, 1, 3_600_000],
  maxTries: [Infinity, 1, Infinity],
  maxTriesLasting: [5, 1, Infinity],
  maxAgeMs: [Infinity, 1, Infinity],
} as const

type Numbers = { readonly [name in keyof typeof NUMBERS]: number }

/** Options as the parts of a client take them; nothing is missing. */
export interface Settings extends Numbers {
  readonly url: URL
  readonly client: string
  readonly token: () => string | Promise<string>
  readonly metrics: Readonly<Record<string, number>>
  readonly stampTime: boolean
  readonly onGivenUp: ((givenUp: GivenUp) => void) | null
}

const OTHERS = 'url client token metrics stampTime onGivenUp WebSocket fetch clock random folder fsync'.split(
  ' ',
)

const bad = (name: string, value: unknown, allowed: string): MillraceError =>
  new MillraceError('bad-config', `${name}: ${String(value)} is not allowed; allowed: ${allowed}`)

/** Checks options and completes them. Throws `bad-config`. */
export function settingsOf(options: ClientOptions): Settings {
  const given = options as unknown as Record<string, unknown>
  const { token = '', client = 'client' } = options
  const known = [...Object.keys(NUMBERS), ...OTHERS]
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw bad('option', name, known.join(', '))
  if (typeof client !== 'string' || client.length > 100) throw bad('client', client, 'up to 100 characters')
  const numbers: Record<string, number> = {}
  for (const [name, [fallback, least, most]] of Object.entries(NUMBERS)) {
    const value = given[name] ?? fallback
    if (!(typeof value === 'number' && value >= least && value <= most))
      throw bad(name, value, `a number from ${least} to ${most}`)
    numbers[name] = value
  }
  return {
    ...(numbers as unknown as Numbers),
    url: streamUrl(options.url),
    client,
    token: typeof token === 'function' ? token : () => token,
    metrics: options.metrics ?? {},
    stampTime: options.stampTime ?? true,
    onGivenUp: options.onGivenUp ?? null,
  }
}

function streamUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : null
  if (!url || !/^wss?:$/.test(url.protocol)) throw bad('url', given, 'ws:// or wss://')
  if (url.pathname === '/') url.pathname = '/v1/stream'
  return url
}
