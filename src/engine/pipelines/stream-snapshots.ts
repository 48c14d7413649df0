import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import { COMBINED } from '../../pipelines/runtime/operator.ts'
import { Progress } from '../../pipelines/runtime/progress.ts'
import { VelocityMemory } from '../../pipelines/velocity/velocity-memory.ts'
import { PipelineState } from '../../pipelines/state/pipeline-state.ts'

/** A running pipeline, for the thread that copies its state. */
export interface StreamShare {
  readonly name: string
  readonly version: number
  readonly whenFull: PipelineDefinition['state']['whenFull']
  readonly layout: string
  readonly state: SharedArrayBuffer
  readonly progress: SharedArrayBuffer
  readonly velocity: SharedArrayBuffer
}

/** A part of a pipeline's state as it was. */
export interface StreamSnapshot {
  readonly name: string
  readonly version: number
  /** Of a shard what Progress.capture says; of COMBINED its watermark. */
  readonly progress: Float64Array
  readonly state: Uint8Array
  /** Readings of a shard that were held back (see HeldReadings). */
  readonly held: Float64Array
}

/** Workers are at the groups of all shards for microseconds at a time, unless user code is. */
const OWNER = 0x7fffffff

interface Opened extends StreamShare {
  readonly part: PipelineState
  readonly at: Progress
  readonly holding: VelocityMemory
}

/** Copies what pipelines hold: of a shard under its claim, of COMBINED after all shards. */
export class StreamCapture {
  readonly #consumed: (lane: number) => number
  #opened: readonly Opened[] = []

  constructor(consumed: (lane: number) => number) {
    this.#consumed = consumed
  }

  /** From now on these pipelines. */
  open(shares: readonly StreamShare[]): void {
    this.#opened = shares.map((share) => ({
      ...share,
      part: PipelineState.open(share.state, share),
      at: new Progress(share.progress),
      holding: new VelocityMemory(share.velocity),
    }))
  }

  shard(shard: number): Uint8Array {
    return encode(
      this.#opened.map(({ part, at, holding, ...share }) => ({
        ...share,
        progress: at.capture(shard, this.#consumed),
        state: snapshotOf(part, shard),
        held: holding.held(shard).capture(),
      })),
    )
  }

  /** Undefined when somebody was at it all the time. */
  combined(tries: number): Uint8Array | undefined {
    const snapshots: StreamSnapshot[] = []
    for (const { part, at, ...share } of this.#opened) {
      const door = at.combinedDoor(OWNER)
      const copy = (): void => {
        const progress = Float64Array.of(door.watermark)
        const state = snapshotOf(part, COMBINED)
        snapshots.push({ ...share, progress, state, held: new Float64Array() })
      }
      let left = tries
      while (!door.enter(copy)) if (--left === 0) return undefined
    }
    return encode(snapshots)
  }
}

/** As of the last whole slice: a worker that died may have left half of one. */
function snapshotOf(state: PipelineState, shard: number): Uint8Array {
  state.part(shard).rollback()
  return state.snapshot(shard)
}

/** u32 length of the head, the head (JSON), and for each pipeline its progress, its state and what it holds back. */
function encode(snapshots: readonly StreamSnapshot[]): Uint8Array {
  if (snapshots.length === 0) return new Uint8Array()
  const head = Buffer.from(
    JSON.stringify(
      snapshots.map(({ name, version, progress, state, held }) => ({
        ...{ name, version, progress: progress.length, state: state.length, held: held.length },
      })),
    ),
  )
  const length = new Uint8Array(Uint32Array.of(head.length).buffer)
  const parts = snapshots.flatMap(({ progress, state, held }) => [
    ...[new Uint8Array(progress.buffer), state, new Uint8Array(held.buffer)],
  ])
  return Buffer.concat([length, head, ...parts])
}

/** What `encode` wrote, by pipeline. */
export function readSnapshots(bytes: Uint8Array): Map<string, StreamSnapshot> {
  const snapshots = new Map<string, StreamSnapshot>()
  if (bytes.length === 0) return snapshots
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headLength = view.getUint32(0, true)
  const heads = JSON.parse(Buffer.from(bytes.subarray(4, 4 + headLength)).toString()) as {
    readonly name: string
    readonly version: number
    readonly progress: number
    readonly state: number
    /** Missing in what older versions wrote. */
    readonly held?: number
  }[]
  let at = 4 + headLength
  const take = (length: number): Uint8Array => bytes.slice(at, (at += length))
  for (const { name, version, progress, state, held = 0 } of heads)
    snapshots.set(name, {
      ...{ name, version },
      progress: new Float64Array(take(progress * 8).buffer),
      state: take(state),
      held: new Float64Array(take(held * 8).buffer),
    })
  return snapshots
}
