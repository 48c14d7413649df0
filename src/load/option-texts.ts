import { REGION_NAMES } from './positions.ts'

/** One option as users see it. `value` is null for a switch. */
export interface OptionText {
  readonly name: string
  readonly value: string | null
  readonly fallback?: string
  readonly help: string
}

export const OPTION_TEXTS: readonly OptionText[] = [
  { name: 'url', value: 'url', fallback: 'ws://127.0.0.1:9000', help: 'server, ws:// or wss://' },
  { name: 'token', value: 'token', fallback: '', help: 'bearer token for the stream and the API' },
  { name: 'devices', value: 'n', fallback: '1000', help: 'number of devices' },
  { name: 'connections', value: 'n', fallback: '4', help: 'number of connections' },
  {
    name: 'frame',
    value: 'n',
    fallback: '100',
    help: 'readings per frame; handed over at once, with the client library as the sender',
  },
  { name: 'rate', value: 'n', fallback: '10000', help: 'readings per second of all connections, or max' },
  { name: 'ramp', value: 'from:to:duration', help: 'rate that rises or falls evenly, instead of --rate' },
  { name: 'duration', value: 'time', fallback: '10s', help: 'how long, such as 30s, 1500ms, 2m or seconds' },
  { name: 'format', value: 'name', fallback: 'binary', help: 'binary or json' },
  {
    name: 'metric',
    value: 'name',
    fallback: 'value',
    help: 'metric of all readings; added if the server has none',
  },
  { name: 'prefix', value: 'text', fallback: 'dev-', help: 'device names are prefix and number' },
  { name: 'tiers', value: 'mix', help: 'register the devices first, e.g. premium=20,standard=70,bulk=10' },
  { name: 'tier-per-connection', value: null, help: 'give each connection devices of one tier only' },
  {
    name: 'regions',
    value: 'mix',
    help: `positions, e.g. europe=60,america=40 (${REGION_NAMES.join(', ')})`,
  },
  {
    name: 'skew',
    value: 's',
    fallback: '0',
    help: 'hot devices: Zipf exponent within each connection, 0 = even',
  },
  {
    name: 'anomalies',
    value: 'share',
    fallback: '0',
    help: 'share of readings far off (20 deviations), 0 to 1',
  },
  { name: 'malformed', value: 'share', fallback: '0', help: 'share of frames broken on purpose, 0 to 1' },
  { name: 'time', value: 'of', fallback: 'arrival', help: 'time in readings: arrival (none) or intended' },
  {
    name: 'ack',
    value: null,
    help: 'want acknowledgements: measures latency, honours credit and retry-after',
  },
  {
    name: 'window',
    value: 'n',
    fallback: '16384',
    help: 'with --ack: unacknowledged frames per connection at most',
  },
  {
    name: 'sender',
    value: 'name',
    help: 'client: the client library, which sends again what is refused (default if paced and binary with --ack); raw: frames as they are due, each once',
  },
  {
    name: 'batch',
    value: 'n',
    help: 'readings that the client library puts into one frame at most (default: its own, up to 1,000 within 5 ms)',
  },
  { name: 'seed', value: 'n', fallback: '1', help: 'the same seed sends the same' },
  { name: 'json', value: null, help: 'print one JSON document at the end and nothing else' },
]
