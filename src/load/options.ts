import { MillraceError } from '../core/errors.ts'
import { TIERS, type Tier } from '../core/tiers.ts'
import {
  count,
  durationMs,
  numberWithin,
  rampOf,
  rate,
  shares,
  word,
  type Ramp,
  type Share,
} from './option-values.ts'
import { OPTION_TEXTS } from './option-texts.ts'
import { REGION_NAMES, type RegionName } from './positions.ts'

/** What a load run does; complete, see `loadOptions` for where defaults and checks are. */
export interface LoadOptions {
  readonly url: URL
  readonly token: string
  readonly devices: number
  readonly connections: number
  /** Readings per frame; those that are due at once, where the client library makes the frames. */
  readonly frame: number
  /** Readings per second; null = as fast as the connections take them. */
  readonly rate: number | null
  readonly ramp: Ramp | null
  readonly tiers: readonly Share<Tier>[] | null
  readonly tierPerConnection: boolean
  /** Zipf exponent; 0 = all devices alike. */
  readonly skew: number
  readonly regions: readonly Share<RegionName>[] | null
  /** Share of readings. */
  readonly anomalies: number
  /** Share of frames. */
  readonly malformed: number
  readonly seed: number
  readonly format: 'binary' | 'json'
  readonly time: 'arrival' | 'intended'
  readonly durationMs: number
  readonly ack: boolean
  /** Frames that may be unacknowledged per connection. */
  readonly window: number
  /** `client`: by the client library, which sends again what was refused or stayed unanswered. */
  readonly sender: 'client' | 'raw'
  /** Readings that the client library puts into one frame at most; null = what it does by itself. */
  readonly batch: number | null
  readonly metric: string
  readonly prefix: string
  readonly json: boolean
}

export type RawOptions = Readonly<Record<string, string | boolean | undefined>>

const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Checks raw option values (by name in camel case; what is missing takes its default). Throws `bad-config`. */
export function loadOptions(raw: RawOptions): LoadOptions {
  const known = new Map(OPTION_TEXTS.map((option) => [camel(option.name), option]))
  for (const name of Object.keys(raw)) {
    if (!known.has(name))
      throw invalid(`unknown option ${name}: expected one of ${[...known.keys()].join(', ')}`)
  }
  const given = (name: string): string | undefined => {
    const value = raw[camel(name)] ?? known.get(camel(name))!.fallback
    return value === undefined ? undefined : String(value)
  }
  const read = <T>(name: string, reader: (option: string, value: string) => T): T =>
    reader(name, given(name)!)
  const readIf = <T>(name: string, reader: (option: string, value: string) => T): T | null =>
    given(name) === undefined ? null : read(name, reader)
  const isPaced = raw.ramp !== undefined || given('rate') !== 'max'
  const mayBeClient = isPaced && given('format') === 'binary' && Number(given('malformed')) === 0
  const senders = mayBeClient && raw.ack === true ? (['client', 'raw'] as const) : (['raw'] as const)
  return checkedTogether({
    url: read('url', serverUrl),
    token: given('token')!,
    devices: read('devices', (option, value) => count(option, value, 1, 100_000_000)),
    connections: read('connections', (option, value) => count(option, value, 1, 60_000)),
    frame: read('frame', (option, value) => count(option, value, 1, 30_000)),
    rate: raw.ramp === undefined ? read('rate', rate) : null,
    ramp: readIf('ramp', rampOf),
    tiers: readIf('tiers', (option, value) => shares(option, value, TIERS)),
    tierPerConnection: raw.tierPerConnection === true,
    skew: read('skew', (option, value) => numberWithin(option, value, 0, 10)),
    regions: readIf('regions', (option, value) => shares(option, value, REGION_NAMES)),
    anomalies: read('anomalies', (option, value) => numberWithin(option, value, 0, 1)),
    malformed: read('malformed', (option, value) => numberWithin(option, value, 0, 1)),
    seed: read('seed', (option, value) => count(option, value, 0, 0x7fff_ffff)),
    format: read('format', (option, value) => word(option, value, ['binary', 'json'])),
    time: read('time', (option, value) => word(option, value, ['arrival', 'intended'])),
    durationMs: read('duration', durationMs),
    ack: raw.ack === true,
    window: read('window', (option, value) => count(option, value, 1, 1_048_576)),
    sender: readIf('sender', (option, value) => senderOf(option, value, senders)) ?? senders[0],
    batch: readIf('batch', (option, value) => count(option, value, 1, 30_000)),
    metric: read('metric', plainText),
    prefix: read('prefix', plainText),
    json: raw.json === true,
  })
}

const invalid = (message: string): MillraceError => new MillraceError('bad-config', message)

function serverUrl(option: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') {
    throw invalid(`--${option} ${value}: expected a ws:// or wss:// address such as ws://127.0.0.1:9000`)
  }
  if (url.pathname === '/') url.pathname = '/v1/stream'
  return url
}

function senderOf(option: string, value: string, allowed: readonly LoadOptions['sender'][]) {
  if (value === 'client' && !allowed.includes('client')) {
    throw invalid(
      `--${option} client: expected --ack, --format binary, no --malformed and a --rate other than max`,
    )
  }
  return word(option, value, allowed)
}

function plainText(option: string, value: string): string {
  if (/^[\w.:/ -]{1,100}$/.test(value)) return value
  throw invalid(`--${option} ${value}: expected 1 to 100 letters, digits, blanks or any of _ . : / -`)
}

function checkedTogether(options: LoadOptions): LoadOptions {
  const { devices, connections, tiers, tierPerConnection, ramp, durationMs: duration } = options
  if (devices < connections) {
    throw invalid(`--devices ${devices}: expected at least one for each of the ${connections} connections`)
  }
  if (tierPerConnection && !tiers) throw invalid('--tier-per-connection: expected --tiers with it')
  if (tierPerConnection && tiers && connections < tiers.length) {
    throw invalid(
      `--connections ${connections}: expected at least ${tiers.length}, one for each tier of --tiers`,
    )
  }
  if (options.batch !== null && options.sender !== 'client')
    throw invalid('--batch: expected the client library as the sender, see --sender')
  if (ramp && ramp.durationMs > duration) {
    throw invalid(`--ramp: takes ${ramp.durationMs} ms, expected no more than --duration (${duration} ms)`)
  }
  return options
}
