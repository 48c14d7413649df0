import { MillraceError } from '../core/errors.ts'
import * as K from './layout/clients.layout.ts'
import { captureBytes } from './capture-area.ts'
import { COLUMNS_BYTES } from './layout/columns.layout.ts'
import * as C from './layout/counters.layout.ts'
import * as A from './layout/control.layout.ts'
import * as E from './layout/egress.layout.ts'
import * as L from './layout/lanes.layout.ts'
import * as M from './layout/map.layout.ts'
import { RING_CONTROL_BYTES } from './layout/ring.layout.ts'
import * as S from './layout/series.layout.ts'
import { MAX_PAGES, PAGE_BYTES } from './shared-memory.ts'

/** What the size of the shared memory follows from. */
export interface MemoryNeeds {
  readonly series: number
  readonly devices: number
  readonly ringBytes: number
  /** Producer threads: each has an ingest ring. */
  readonly rings: number
  readonly backlogBytes: number
  readonly workers: number
  readonly limitsDeviceRate: boolean
  /** Bytes of state per shard that user code asks for. */
  readonly shardStateBytes: number
  /** Whether there is a journal, behind the router. */
  readonly isDurable?: boolean
  /** Clients whose repeated frames are recognised. */
  readonly clients?: number
  /** Is there a checkpoint, which needs a workbench of the size of a shard? */
  readonly capturesShards?: boolean
}

export interface Segment {
  readonly name: SegmentName
  readonly address: number
  readonly bytes: number
}

export type SegmentName =
  | 'map'
  | 'control'
  | 'agents'
  | 'metrics'
  | 'regions'
  | 'gains'
  | 'crcTables'
  | 'epochs'
  | 'routerCounters'
  | 'regionCounters'
  | 'workerCounters'
  | 'intakeCounters'
  | 'latencies'
  | 'claims'
  | 'ready'
  | 'lanes'
  | 'freeStack'
  | 'freeRings'
  | 'scratch'
  | 'quarantine'
  | 'columns'
  | 'shardState'
  | 'ringControls'
  | 'egress'
  | 'rings'
  | 'rates'
  | 'devices'
  | 'capture'
  | 'blocks'
  | 'series'
  | 'windows'
  | 'clients'
  | 'replay'

export interface MemoryPlan {
  readonly needs: MemoryNeeds
  readonly segments: readonly Segment[]
  readonly at: Readonly<Record<SegmentName, number>>
  readonly totalBytes: number
  readonly slotsPerShard: number
  readonly deviceSlots: number
  readonly rateSlots: number
  readonly clientSlots: number
  readonly blockCount: number
  readonly freeRingStride: number
}

/** Address 0 means "none" everywhere, so nothing begins there. */
const FIRST_ADDRESS = 1024
const SCRATCH_BYTES = 16_384
/** What the CRC-32C kernel's tables take. */
export const CRC_TABLES_BYTES = 16_896
export const INTAKE_COUNTERS_BYTES = 1024
const EGRESS_STRIDE = E.EGRESS_CONTROL_BYTES + E.EGRESS_DATA_BYTES
/** Shards fill unevenly, so a shard's table is sized for this many standard deviations above its fair share. */
const SPREAD = 6
const MAX_LOAD = 0.8

/** Lays every segment out, one after the other; pure arithmetic, the same on every machine. */
export function planMemory(needs: MemoryNeeds): MemoryPlan {
  const slotsPerShard = slotsFor(needs.series)
  const deviceSlots = powerOfTwo(needs.devices / 0.7)
  const rateSlots = needs.limitsDeviceRate ? powerOfTwo(Math.max(1024, needs.series * 2)) : 0
  const clientSlots = needs.clients === undefined ? 0 : powerOfTwo(needs.clients / MAX_LOAD)
  const blockCount = Math.floor(needs.backlogBytes / L.BLOCK_BYTES)
  const freeRingStride = L.FREE_RING_ENTRIES + 4 * powerOfTwo(blockCount + 1)
  const sizes: readonly (readonly [SegmentName, number])[] = [
    ['map', M.MAP_BYTES],
    ['control', A.CONTROL_BYTES],
    ['agents', A.AGENT_SLOT_BYTES * (1 + needs.workers + needs.rings)],
    ['metrics', M.METRIC_BYTES * M.METRIC_COUNT],
    ['regions', 65_536],
    ['gains', 8 * M.GAIN_COUNT],
    ['crcTables', CRC_TABLES_BYTES],
    ['epochs', 4 * S.SHARD_COUNT],
    ['routerCounters', C.ROUTER_COUNTERS_BYTES],
    ['regionCounters', C.REGION_COUNTERS_BYTES],
    ['workerCounters', C.WORKER_COUNTERS_BYTES * needs.workers],
    ['intakeCounters', INTAKE_COUNTERS_BYTES * needs.rings],
    ['latencies', C.LATENCY_SET_BYTES * (L.TIER_COUNT + L.TRACK_COUNT * needs.workers)],
    ['claims', L.CLAIM_STRIDE * S.SHARD_COUNT],
    ['ready', L.READY_STRIDE * L.TRACK_COUNT],
    ['lanes', L.LANE_BYTES * L.LANE_COUNT],
    ['freeStack', 4 * (blockCount + 1)],
    ['freeRings', freeRingStride * needs.workers],
    ['scratch', SCRATCH_BYTES],
    ['quarantine', M.QUARANTINE_BYTES],
    ['columns', COLUMNS_BYTES * needs.workers],
    ['shardState', needs.shardStateBytes * S.SHARD_COUNT],
    ['ringControls', RING_CONTROL_BYTES * needs.rings],
    ['egress', EGRESS_STRIDE * needs.workers],
    ['rings', needs.ringBytes * needs.rings],
    ['rates', M.RATE_BYTES * rateSlots],
    ['devices', M.DEVICE_BYTES * deviceSlots],
    ['capture', needs.capturesShards === true ? captureBytes(slotsPerShard) : 0],
    ['blocks', L.BLOCK_BYTES * blockCount],
    // two rows more, always free: the kernel looks at those after a series' home without asking where the table ends
    ['series', S.ROW_BYTES * (slotsPerShard * S.SHARD_COUNT + 2)],
    ['windows', S.WINDOW_ROW_BYTES * slotsPerShard * S.SHARD_COUNT],
    ['replay', 8 * S.SHARD_COUNT],
    ['clients', K.CLIENT_BYTES * clientSlots],
  ]
  const segments: Segment[] = []
  let next = FIRST_ADDRESS
  for (const [name, bytes] of sizes) {
    const address = alignTo(next, bytes >= PAGE_BYTES ? 4096 : 128)
    segments.push({ name, address, bytes })
    next = address + bytes
  }
  checkTotal(next, needs)
  const at = Object.fromEntries(segments.map(({ name, address }) => [name, address])) as Record<
    SegmentName,
    number
  >
  return {
    needs,
    segments,
    at,
    totalBytes: next,
    slotsPerShard,
    deviceSlots,
    rateSlots,
    clientSlots,
    blockCount,
    freeRingStride,
  }
}

/** The address of a part of a segment that has one part per ring, worker or agent. */
export const placeOf = {
  ring: (plan: MemoryPlan, ring: number): number => plan.at.rings + plan.needs.ringBytes * ring,
  ringControl: (plan: MemoryPlan, ring: number): number => plan.at.ringControls + RING_CONTROL_BYTES * ring,
  intakeCounters: (plan: MemoryPlan, ring: number): number =>
    plan.at.intakeCounters + INTAKE_COUNTERS_BYTES * ring,
  workerCounters: (plan: MemoryPlan, worker: number): number =>
    plan.at.workerCounters + C.WORKER_COUNTERS_BYTES * worker,
  columns: (plan: MemoryPlan, worker: number): number => plan.at.columns + COLUMNS_BYTES * worker,
  egress: (plan: MemoryPlan, worker: number): number => plan.at.egress + EGRESS_STRIDE * worker,
  /** Slot 0 is the router's, then come the workers, then the listeners. */
  routerAgent: (plan: MemoryPlan): number => plan.at.agents,
  workerAgent: (plan: MemoryPlan, worker: number): number =>
    plan.at.agents + A.AGENT_SLOT_BYTES * (1 + worker),
  listenerAgent: (plan: MemoryPlan, ring: number): number =>
    plan.at.agents + A.AGENT_SLOT_BYTES * (1 + plan.needs.workers + ring),
}

function slotsFor(series: number): number {
  const share = series / S.SHARD_COUNT
  return powerOfTwo((share + SPREAD * Math.sqrt(share)) / MAX_LOAD)
}

function checkTotal(bytes: number, needs: MemoryNeeds): void {
  const available = MAX_PAGES * PAGE_BYTES
  if (bytes <= available) return
  throw new MillraceError(
    'out-of-memory',
    `the limits need ${Math.ceil(bytes / 2 ** 20)} MiB of shared memory, WebAssembly has at most 4096 MiB: lower ` +
      `limits.series (${needs.series}), limits.backlogBytes (${needs.backlogBytes}) or limits.ringBytes (${needs.ringBytes})`,
    { bytes, available },
  )
}

const powerOfTwo = (atLeast: number): number => 2 ** Math.ceil(Math.log2(Math.max(2, atLeast)))

const alignTo = (address: number, bytes: number): number => Math.ceil(address / bytes) * bytes
