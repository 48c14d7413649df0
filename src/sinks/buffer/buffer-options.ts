/** What a sink keeps while it cannot hand on: in memory, then on disk, then by its policy. */
import { z } from 'zod'
import { choice, object, whole } from '../values.ts'

const KIB = 1024
const MIB = KIB * KIB

export const bufferOptions = object({
  /** In memory, in items and in characters of their text; whichever is reached first. */
  items: whole(2, 1_000_000, 10_000),
  bytes: whole(KIB, 1024 * MIB, 16 * MIB),
  /** On disk; 0 = nothing is put there. Used only where the engine has a folder for it. */
  spillBytes: whole(0, 1024 * 1024 * MIB, 256 * MIB),
  /** What gives way when all that is full. Both are counted. */
  whenFull: choice(['drop-oldest', 'drop-newest'], 'drop-oldest'),
}).prefault({})

export type BufferOptions = z.output<typeof bufferOptions>

const MOST_SEGMENT_BYTES = 4 * MIB
/** So that dropping the oldest segment is dropping a small part. */
const SEGMENTS = 8

export const segmentBytesOf = ({ spillBytes }: BufferOptions): number =>
  Math.min(MOST_SEGMENT_BYTES, Math.ceil(spillBytes / SEGMENTS))
