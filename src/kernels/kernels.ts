import { packageFile } from '../core/package-files.ts'
import { readFile } from 'node:fs/promises'

/** Addresses are unsigned 32-bit numbers; `>>> 0` what comes back. Each function is described in asm/. */
export interface Kernels {
  cellAt(lat: number, lon: number): number
  shardOf(key: bigint): number
  findSeries(map: number, key: bigint): number
  placeDevice(map: number, id: bigint): number
  route(
    map: number,
    scratch: number,
    control: number,
    data: number,
    mask: number,
    from: number,
    to: number,
    limit: number,
    epochOffsetMs: number,
  ): number
  publish(map: number, scratch: number, nowMs: number): number
  claimShard(map: number, worker: number, track: number, first: number): number
  releaseShard(map: number, track: number, shard: number): void
  laneToWork(map: number, worker: number, track: number, shard: number): number
  openSlice(map: number, lane: number, limit: number): number
  closeSlice(map: number, worker: number, lane: number, count: number, nowMs: number): void
  skipReading(map: number, worker: number, lane: number): void
  drainTrack(map: number, worker: number, track: number, first: number, budget: number, nowMs: number): number
  gatherColumns(map: number, lane: number, entry: number, count: number, to: number): void
  countRing(data: number, mask: number, from: number, to: number): number
  countTrack(map: number, track: number): number
  adoptFrame(frame: number, nowMs: number, arrival: number, position: number, positions: number): number
  initCrc32c(table: number): void
  crc32c(table: number, address: number, bytes: number, crc: number): number
  logWaiting(map: number, capture: number, track: number, shard: number, from: number): number
  copyShard(map: number, capture: number, shard: number): void
  copyLogged(map: number, capture: number, shard: number, limit: number): number
  packChunks(capture: number, all: number): number
  restoreRows(map: number, capture: number, count: number): number
  requeue(
    map: number,
    track: number,
    shard: number,
    entries: number,
    count: number,
    tick: number,
    nowMs: number,
  ): number
  requeueFence(map: number, track: number, shard: number, tier: number, ahead: number, tick: number): number
  putReading(desk: number, device: number, metric: number, region: number, tier: number): number
  scanReadings(desk: number, first: number, count: number): number
  scanCsv(desk: number, said: number, from: number, to: number): number
  scanNdjson(desk: number, said: number, from: number, to: number): number
  showInOrder(shown: number): number
  showByDevice(shown: number): number
}

const WASM_FILE = packageFile('build/millrace.wasm')

/** Compiles the kernels once; the module can be sent to other threads. */
export async function compileKernels(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(new Uint8Array(await readFile(WASM_FILE)))
}

/** Opens the door to the kernels for this thread, on the given memory. */
export function openKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const abort = (): never => {
    throw new Error('assertion failed in a kernel')
  }
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Kernels
}
