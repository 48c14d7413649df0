import { describe, expect, it } from 'vitest'
import { frameOf } from '../../src/client/backlog.ts'
import { Outbox, SEQ_SPAN } from '../../src/client/outbox.ts'

const frame = (seq: number, notBeforeMs = 0) => ({ ...frameOf(seq, new Uint8Array(64), 0), notBeforeMs })

describe('Outbox', () => {
  it('sends nothing further ahead of the oldest unsettled frame than a server remembers', () => {
    const outbox = new Outbox()
    outbox.add(frame(1, 1000))
    for (let seq = 2; seq <= 600; seq++) outbox.add(frame(seq))
    const sent: number[] = []
    for (let next = outbox.next(0); next !== null; next = outbox.next(0)) {
      sent.push(next.seq)
      outbox.take(next.seq)
    }
    expect([sent[0], sent.at(-1), sent.length]).toEqual([2, 1 + SEQ_SPAN, SEQ_SPAN])
    expect(outbox.nextDueMs).toBe(1000)
    expect(outbox.next(1000)?.seq).toBe(1)
  })

  it('sends what came back only when nothing with a higher number is under way, then in order', () => {
    const outbox = new Outbox()
    for (let seq = 1; seq <= 4; seq++) outbox.add(frame(seq))
    for (let i = 0; i < 3; i++) outbox.next(0)
    outbox.add(outbox.take(2)!)
    expect(outbox.next(0)).toBeNull()
    expect([outbox.takeUpTo(3), outbox.takeUpTo(3), outbox.takeUpTo(3)].map((one) => one?.seq)).toEqual([
      1,
      3,
      undefined,
    ])
    expect([outbox.next(0), outbox.next(0)].map((one) => one?.seq)).toEqual([2, 4])
  })
})
