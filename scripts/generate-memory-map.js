/**
 * Writes docs/memory-map.md from the drawings and constants in src/memory/layout. With --check it writes nothing and
 * fails when the page is not what would be written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const LAYOUTS = new URL('../src/memory/layout/', import.meta.url)
const PAGE = new URL('../docs/memory-map.md', import.meta.url)

/** Segment, who writes it, what it holds; in the order of planMemory. */
const SEGMENTS = [
  ['map', 'main, once at start', 'addresses of the segments and the parameters that kernels read'],
  ['control', 'per word, see control', 'signals, sleepers, the doorbell, the request for a census'],
  ['agents', 'per word, see control', 'a slot for the router, then one per worker, then one per listener'],
  ['metrics', 'main', '65,536 rules for anomalies, by metric id'],
  ['regions', 'main, once at start', "a region's number for each of 256 × 256 cells, row × 256 + column"],
  ['gains', 'main, once at start', 'weights of the bias-corrected average while a series is young'],
  ['crcTables', 'journal, once at start', 'tables of the CRC-32C kernel, for summing up what lies in rings'],
  ['epochs', 'main', 'u32 per shard, raised when the registry changes a device of the shard'],
  ['routerCounters', 'router', 'u64 counters, only growing'],
  ['regionCounters', 'router', 'u64 counters, only growing: readings by region and tier, see counters'],
  ['workerCounters', 'each worker its own', 'u64 counters, only growing'],
  ['intakeCounters', 'each producer thread its own', 'f64 counters, see src/ingest/intake-counters.ts'],
  ['latencies', 'router its sets, each worker its own', 'counts by bucket, see counters'],
  ['claims', 'workers, by compare-and-exchange', "u32 per shard: the holder's worker number + 1, 0 = free"],
  ['ready', 'router sets bits, the claim holder clears them, atomically', 'a bit per lane: entries wait'],
  ['lanes', 'per field, see lanes', 'positions of every lane'],
  ['freeStack', 'router', 'u32 count, then the addresses of free blocks'],
  ['freeRings', 'tail: the worker; head: router', 'per worker: blocks on their way back to the router'],
  ['scratch', 'router', "the route kernel's workbench between route and publish"],
  ['quarantine', 'router', 'the last malformed readings, each with cause, source and time'],
  ['columns', 'each worker its own', 'the slice that pipelines look at, as columns'],
  ['shardState', 'claim holder', 'state of user code, per shard'],
  ['ringControls', 'per word, see ring', 'cursors of the ingest rings'],
  ['egress', 'tail and data: the worker; head: main', 'what workers hand to the I/O side'],
  ['rings', 'producer; outcome and refusal bits: router', 'frames'],
  ['rates', 'router', 'readings of each device in the current second, where that is limited'],
  ['devices', 'main', "tier, region and existence of the registry's devices"],
  ['capture', 'checkpoint; its log: claim holder', 'the shard that is being copied, see capture'],
  ['blocks', 'router; read by the claim holder', 'entries of lanes: readings and anomaly events'],
  ['series', 'router', 'statistics of each series, and what the registry said of its device'],
  ['windows', 'claim holder', "each series' exact count and current minute"],
  ['replay', 'the replay', 'f64 per shard: the position in a ring from which its readings count'],
  [
    'clients',
    "whoever holds the entry's lock",
    'frames that clients have sent, for recognising those sent again',
  ],
]

/** Layouts in the order in which a reading meets them. */
const ORDER = [
  'reading',
  'ring',
  'map',
  'series',
  'lanes',
  'counters',
  'columns',
  'egress',
  'control',
  'capture',
  'clients',
]

const INTRODUCTION = `# The memory map

Generated from \`src/memory/layout\` by \`node scripts/generate-memory-map.js\`; a test fails when it is stale.

There is one \`WebAssembly.Memory\`. \`planMemory\` (src/memory/memory-plan.ts) lays these segments out in it, one after
the other, each on a line of its own. An *offset* lies inside a structure, an *address* is absolute, a *cursor* or
*position* only grows and wraps at 2^32. Every field has one writer: "main" is the main thread, "claim holder" the worker
that holds the shard's claim, "producer" the thread that owns an ingest ring. The control plane takes a worker's place
after that worker has ended.

## Order between threads

What is written before the left one is stored is seen after the right one is loaded.

| stored | by | loaded | by |
|---|---|---|---|
| ring writeCursor | producer's commit | ring writeCursor | router, before \`route\` |
| ring routeCursor, after outcomes and refusalCount | router, after \`publish\` | ring routeCursor | producer's claim and settle |
| lane published, after blocks and fences | \`publishLane\` | lane published | \`laneToWork\`, \`openSlice\` |
| lane consumed | \`closeSlice\`, \`skipReading\` | lane consumed | router's \`fenceLane\` |
| claim = 0, after the lane's fields | \`releaseShard\` | claim, exchanged | \`claimShard\` |
| free ring tail, after the block's address | \`giveBlock\` | free ring tail | router's \`takeBlock\` |
| series key, after the row | \`takeRow\` | series key | \`findSeries\` on other threads |
| device id, after tier and region; then the shard's epoch | main | device id | router's \`lookUpDevice\` |
| quarantine written, after the entry | router | quarantine written | main |
| egress tail, after the message | worker | egress tail | main |

## Segments
`

function segmentsTable() {
  const rows = SEGMENTS.map(([name, writer, what]) => `| \`${name}\` | ${writer} | ${what} |`)
  return ['| segment | written by | holds |', '|---|---|---|', ...rows, ''].join('\n')
}

/** A layout as it stands in its file: drawings as text, constants as a table. */
function section(name) {
  const source = readFileSync(new URL(`${name}.layout.ts`, LAYOUTS), 'utf8')
  const parts = [`## ${name[0].toUpperCase()}${name.slice(1)}\n`]
  let table = []
  const flush = () => {
    if (table.length > 0) parts.push(['| constant | value | |', '|---|---|---|', ...table, ''].join('\n'))
    table = []
  }
  const pattern = /\/\*(\*?)([\s\S]*?)\*\/|^export const (\w+) = (.+)$/gm
  let note = ''
  for (const [, isNote, comment, constant, value] of source.matchAll(pattern)) {
    if (constant !== undefined) {
      table.push(`| \`${constant}\` | ${value} | ${note} |`)
      note = ''
    } else if (isNote === '*')
      note = comment
        .replace(/\s*\n \* ?/g, ' ')
        .trim()
        .replaceAll('|', '\\|')
    else {
      flush()
      parts.push(
        '```text\n' +
          comment
            .replace(/^ \* ?/gm, '')
            .replace(/ $/gm, '')
            .trim() +
          '\n```\n',
      )
    }
  }
  flush()
  return parts.join('\n')
}

function page() {
  const files = readdirSync(LAYOUTS).map((file) => file.replace('.layout.ts', ''))
  const missing = files.filter((name) => !ORDER.includes(name))
  if (missing.length > 0) throw new Error(`say where ${missing.join(', ')} belong in ORDER`)
  return [INTRODUCTION, segmentsTable(), ...ORDER.map(section)].join('\n')
}

const text = page()
if (!process.argv.includes('--check')) writeFileSync(PAGE, text)
else if (readFileSync(PAGE, 'utf8') !== text) {
  console.error('docs/memory-map.md is stale: run node scripts/generate-memory-map.js')
  process.exitCode = 1
}
