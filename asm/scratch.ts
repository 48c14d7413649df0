// The route kernel's workbench: 16 KiB at an address that the caller gives. An @unmanaged class is only a view of it.

import { TICKS_PER_MS } from '../src/memory/layout/reading.layout'
import { FRAME_RECEIVED_MS } from '../src/memory/layout/ring.layout'

const ITEMS: usize = 128
const RUNS: usize = 2048
const RUN_BYTES: usize = 24
const RUN_COUNTS: usize = 8
const MAX_RUNS: u32 = 512
/** Frames received this close together are counted as one run of latencies. */
const RUN_MS: f64 = 0.1

/** Monotonic time in ticks; wraps after two and a half days, differences don't. */
@inline
export function tickOf(nowMs: f64): u32 {
  return <u32><i64>(nowMs * TICKS_PER_MS)
}

@unmanaged
export class Scratch {
  @lazy static readonly ITEM_BYTES: usize = 16
  map: usize
  control: usize
  frame: usize
  run: usize
  runs: u32
  frames: u32
  /** 1 when there are new events. */
  events: u32
  rate: u32
  shed: u32
  careful: u32
  /** One of so many readings of bulk is taken; 0 = all. */
  keep: u32
  /** Falls anew for each reading of which it decides. */
  dice: u32
  second: u32
  tick: u32
  /** Those that may have something new, as bits. */
  shards: u64
  epochOffsetMs: f64
  aheadMs: f64
  receivedMs: f64
  arrival: f64
  latest: f64

  /** The reading's frame has changed: what follows from its receive time. */
  @inline
  enterFrame(frame: usize): void {
    this.frame = frame
    this.receivedMs = load<f64>(frame, FRAME_RECEIVED_MS)
    this.arrival = floor<f64>(this.receivedMs + this.epochOffsetMs)
    this.latest = this.arrival + this.aheadMs
    this.second = <u32><i64>(this.arrival * 0.001)
    this.tick = tickOf(this.receivedMs)
    this.noteFrame()
  }

  @inline
  itemAt(index: u32): usize {
    return changetype<usize>(this) + ITEMS + <usize>index * Scratch.ITEM_BYTES
  }

  @inline
  static put(item: usize, frame: usize, reading: usize, row: usize): void {
    store<u32>(item, <u32>frame)
    store<u32>(item, <u32>reading, 4)
    Scratch.move(item, row)
  }

  @inline
  static move(item: usize, row: usize): void {
    store<u32>(item, <u32>row, 8)
  }

  @inline
  static frame(item: usize): usize {
    return <usize>load<u32>(item)
  }

  @inline
  static reading(item: usize): usize {
    return <usize>load<u32>(item, 4)
  }

  @inline
  static row(item: usize): usize {
    return <usize>load<u32>(item, 8)
  }

  /** Remembers when the readings that follow were received, for the latency counts of `publish`. */
  @inline
  private noteFrame(): void {
    this.frames++
    if (this.runs != 0 && (abs<f64>(this.receivedMs - load<f64>(this.run)) < RUN_MS || this.runs == MAX_RUNS)) return
    this.run = this.runAt(this.runs++)
    store<f64>(this.run, this.receivedMs)
    store<u64>(this.run, 0, RUN_COUNTS)
    store<u64>(this.run, 0, RUN_COUNTS + 8)
  }

  /** Counts a reading of the tier as routed. */
  @inline
  countRouted(tier: u32): void {
    const count = this.run + (<usize>tier << 2)
    store<u32>(count, load<u32>(count, RUN_COUNTS) + 1, RUN_COUNTS)
  }

  @inline
  runMs(index: u32): f64 {
    return load<f64>(this.runAt(index))
  }

  @inline
  runCount(index: u32, tier: u32): u32 {
    return load<u32>(this.runAt(index) + (<usize>tier << 2), RUN_COUNTS)
  }

  @inline
  private runAt(index: u32): usize {
    return changetype<usize>(this) + RUNS + <usize>index * RUN_BYTES
  }
}
