import type { ChunkReading } from './chunk-reading.ts'

/** Reads whole lines, frames or records of one format; returns how many lines (or frames) there were. */
export interface Scanner {
  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number
}
