import * as K from './layout/capture.layout.ts'
import { ROW_BYTES, WINDOW_ROW_BYTES } from './layout/series.layout.ts'
import type { SharedMemory } from './shared-memory.ts'

/** Where the parts of the capture segment are (see layout/capture.layout.ts), for tables of `slots`. */
function placesOf(capture: number, slots: number) {
  const chunks = Math.ceil(slots / K.CHUNK_SLOTS)
  const log = capture + K.CAPTURE_BYTES
  const rows = Math.ceil((log + 4 * 8 * chunks) / ROW_BYTES) * ROW_BYTES
  const windows = rows + slots * ROW_BYTES
  return {
    ...{ chunks, log, present: log + 8 * chunks, hashes: log + 16 * chunks, table: log + 24 * chunks },
    ...{ rows, windows, end: windows + slots * WINDOW_ROW_BYTES },
  }
}

export type CapturePlaces = ReturnType<typeof placesOf>

export const captureBytes = (slots: number): number => placesOf(0, slots).end

/** What of a memory plan is asked for. */
interface CapturePlan {
  readonly at: { readonly capture: number }
  readonly slotsPerShard: number
}

/** Tells the kernels where the parts are: once, before they are asked to capture or restore anything. */
export function openCapture({ u32 }: SharedMemory, { at, slotsPerShard }: CapturePlan): CapturePlaces {
  const places = placesOf(at.capture, slotsPerShard)
  const word = (offset: number, value: number): void => {
    u32[(at.capture + offset) >>> 2] = value
  }
  word(K.CAPTURE_LOG, places.log)
  word(K.CAPTURE_PRESENT, places.present)
  word(K.CAPTURE_HASHES, places.hashes)
  word(K.CAPTURE_TABLE, places.table)
  word(K.CAPTURE_ROWS, places.rows)
  word(K.CAPTURE_WINDOWS, places.windows)
  word(K.CAPTURE_CHUNKS, places.chunks)
  return places
}
