import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { addToWord } from '../../../src/memory/atomics.ts'
import { EGRESS_CONTROL_BYTES, EGRESS_DATA_BYTES } from '../../../src/memory/layout/egress.layout.ts'
import { EgressQueue } from '../../../src/memory/rings/egress-queue.ts'
import { EgressReader, EgressWriter } from '../../../src/memory/rings/egress-ring.ts'
import { reserveMemory, viewMemory } from '../../../src/memory/shared-memory.ts'

const TICKETS = 1024
const FIRST_RING = 2048

function rings(count: number) {
  const stride = EGRESS_CONTROL_BYTES + EGRESS_DATA_BYTES
  const memory = viewMemory(reserveMemory(FIRST_RING + count * stride))
  const addresses = Array.from({ length: count }, (_, ring) => FIRST_RING + ring * stride)
  const writers = addresses.map((address) => new EgressWriter(memory, address, TICKETS))
  const time = { nowMs: 0 }
  const clock = { nowMs: () => time.nowMs } as Clock
  const queue = new EgressQueue(
    addresses.map((address) => new EgressReader(memory, address)),
    clock,
  )
  const heard: number[] = []
  const visit = (_kind: number, address: number): number => heard.push(memory.i32[address >>> 2])
  const say = (ring: number, word: number, bytes = 8): boolean => {
    const payload = new Uint8Array(bytes)
    new DataView(payload.buffer).setInt32(0, word, true)
    return writers[ring].offer(1, payload)
  }
  const loseTicket = (): number => addToWord(memory.i32, TICKETS, 1)
  return { queue, heard, visit, say, loseTicket, time }
}

describe('EgressQueue', () => {
  it('keeps the order in which several workers spoke', () => {
    const { queue, heard, visit, say } = rings(3)
    const speakers = [2, 0, 0, 1, 2, 1, 0, 2]
    speakers.forEach((ring, word) => expect(say(ring, word)).toBe(true))
    queue.drain(visit)
    expect(heard).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('goes round each ring many times', () => {
    const { queue, heard, visit, say } = rings(2)
    for (let word = 0; word < 1000; word++) {
      if (!say(word % 3 === 0 ? 0 : 1, word, 4000 + (word % 7))) {
        queue.drain(visit)
        say(word % 3 === 0 ? 0 : 1, word, 4000 + (word % 7))
      }
    }
    queue.drain(visit)
    expect(heard).toEqual(Array.from({ length: 1000 }, (_, word) => word))
  })

  it('takes no ticket for a message that finds no room', () => {
    const { queue, heard, visit, say } = rings(2)
    let word = 0
    while (say(0, word, 60_000)) word++
    expect(say(1, word)).toBe(true)
    queue.drain(visit)
    expect(heard).toHaveLength(word + 1)
  })

  it('waits for a ticket that is taken but not shown, and no longer than a worker may need', () => {
    const { queue, heard, visit, say, loseTicket, time } = rings(2)
    say(0, 0)
    loseTicket()
    say(1, 1)
    queue.drain(visit)
    expect(heard).toEqual([0])
    time.nowMs = 99
    queue.drain(visit)
    expect(heard).toEqual([0])
    time.nowMs = 100
    queue.drain(visit)
    expect(heard).toEqual([0, 1])
    say(0, 2)
    queue.drain(visit)
    expect(heard).toEqual([0, 1, 2])
  })

  it('ends before the rest when it is told to, and goes on from there', () => {
    const { queue, heard, visit, say } = rings(2)
    for (let word = 0; word < 5; word++) say(word % 2, word)
    let left = 2
    expect(queue.drain(visit, { mayGoOn: () => left-- > 0 })).toBe(false)
    expect(heard).toEqual([0, 1])
    expect(queue.drain(visit)).toBe(true)
    expect(heard).toEqual([0, 1, 2, 3, 4])
  })

  it('does not wait for the dead', () => {
    const { queue, heard, visit, say, loseTicket } = rings(2)
    loseTicket()
    say(1, 0)
    loseTicket()
    say(0, 1)
    queue.drain(visit, { passGaps: true })
    expect(heard).toEqual([0, 1])
  })

  it('loses nothing when a listener throws', () => {
    const { queue, heard, visit, say } = rings(1)
    say(0, 0)
    say(0, 1)
    expect(() =>
      queue.drain(() => {
        throw new Error('not now')
      }),
    ).toThrow('not now')
    queue.drain(visit)
    expect(heard).toEqual([1])
  })
})
