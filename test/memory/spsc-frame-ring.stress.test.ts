import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, describe, it } from 'vitest'
import { addToWord, observeCursor, publishCursor } from '../../src/memory/atomics.ts'
import * as L from '../../src/memory/layout/ring.layout.ts'
import { reserveMemory, viewMemory } from '../../src/memory/shared-memory.ts'

const CAPACITY = 1 << 15
const CONTROL = 1024
const DATA = CONTROL + L.RING_CONTROL_BYTES
const FRAMES = 300_000
/** Marks the first reading of these frames. */
const isMarked = (id: number): boolean => id % 1000 === 7

interface Seen {
  frames: number
  torn: number
  lost: number
  marked: number
}

/** The router's part: reads until `FRAMES` have come. Gives up when it takes far too long. */
function consume(memory: ReturnType<typeof viewMemory>, firstCursor: number): Seen {
  const { i32 } = memory
  const seen: Seen = { frames: 0, torn: 0, lost: 0, marked: 0 }
  let cursor = firstCursor | 0
  let idle = 0
  const untilMs = performance.now() + 100_000
  while (seen.frames < FRAMES && (idle & 0xfffff || performance.now() < untilMs)) {
    const end = observeCursor(i32, CONTROL + L.RING_WRITE_CURSOR)
    idle = end === cursor ? idle + 1 : 0
    for (let left = 64; cursor !== end && left > 0; left--) {
      const frame = DATA + (cursor & (CAPACITY - 1))
      if (i32[(frame + L.FRAME_READING_COUNT) >>> 2] !== L.FRAME_PADDING) look(i32, frame, seen)
      cursor = (cursor + i32[frame >>> 2]) | 0
    }
    publishCursor(i32, CONTROL + L.RING_ROUTE_CURSOR, cursor)
  }
  return seen
}

function look(i32: Int32Array, frame: number, seen: Seen): void {
  const id = i32[(frame + L.FRAME_SOURCE) >>> 2]
  const count = i32[(frame + L.FRAME_READING_COUNT) >>> 2]
  const word = (frame + i32[(frame + L.FRAME_READING_OFFSET) >>> 2]) >>> 2
  if (id !== ++seen.frames) seen.lost++
  if (count !== (id % 97 === 0 ? 100 : id % 4)) seen.torn++
  for (let i = 0; i < 8 * count; i++) if (i32[word + i] !== id * 31 + i) seen.torn++
  if (!isMarked(id) || count === 0 || count > L.FRAME_INLINE_REFUSALS) return
  i32[(frame + L.FRAME_HEADER_BYTES) >>> 2] = 1
  i32[(frame + L.FRAME_OUTCOME) >>> 2] = (1 << 24) | 1
  addToWord(i32, CONTROL + L.RING_REFUSAL_COUNT, 1)
  seen.marked++
}

describe('an ingest ring between two threads', () => {
  it.each([
    ['2^31', 0x7fffff00],
    ['2^32', 0xffffff00],
  ])(
    'tears, loses and repeats no frame, and answers each once, when cursors pass %s',
    async (_, firstCursor) => {
      const memory = viewMemory(reserveMemory(DATA + CAPACITY))
      const first = firstCursor & -L.FRAME_ALIGNMENT
      publishCursor(memory.i32, CONTROL + L.RING_WRITE_CURSOR, first)
      publishCursor(memory.i32, CONTROL + L.RING_ROUTE_CURSOR, first)
      const producer = new Worker(new URL('./ring-producer.thread.js', import.meta.url), {
        workerData: {
          memory: memory.memory,
          control: CONTROL,
          data: DATA,
          capacity: CAPACITY,
          frames: FRAMES,
        },
      })
      const answered = once(producer, 'message')
      const exited = once(producer, 'exit')
      const seen = consume(memory, first)
      expect(seen).toMatchObject({ frames: FRAMES, torn: 0, lost: 0 })
      const [told] = (await answered) as [object]
      // every odd frame wants an answer; of the even ones none is marked
      expect(told).toEqual({ answers: FRAMES / 2, marked: seen.marked, disorder: 0, wrong: 0 })
      await exited
    },
  )
})
