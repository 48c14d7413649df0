import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Acknowledgements } from '../../src/load/acknowledgements.ts'
import { binaryReply, jsonReply } from '../../src/load/replies.ts'
import { replyBytes as built } from './scripted-server.ts'

describe('binaryReply', () => {
  it('reads all fields wherever the builder put them', () => {
    const bytes = built({
      seq: 9,
      status: 1,
      reason: 'tier full',
      retryAfterMs: 250,
      refused: [1, 5, 7],
      credit: 64,
    })
    expect(binaryReply(bytes)).toEqual({
      seq: 9,
      status: 'refused',
      reason: 'tier full',
      retryAfterMs: 250,
      refusedReadings: 3,
      credit: 64,
    })
  })

  it('takes defaults for fields left out', () => {
    expect(binaryReply(built({ seq: 3 }))).toEqual({
      seq: 3,
      status: 'accepted',
      reason: '',
      retryAfterMs: 0,
      refusedReadings: 0,
      credit: 0,
    })
  })

  it('gives null for anything else and never throws', () => {
    expect(binaryReply(Buffer.from('MRR1'))).toBeNull()
    expect(binaryReply(built({ status: 9 }))).toBeNull()
    const whole = built({ seq: 9, status: 1, reason: 'why', refused: [1] })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
        const bytes = Buffer.from(whole)
        bytes[at] = byte
        binaryReply(bytes)
        binaryReply(bytes.subarray(0, length))
      }),
    )
  })
})

describe('jsonReply', () => {
  it('reads status as word or number', () => {
    expect(
      jsonReply(Buffer.from('{"seq":4,"status":"refused","reason":"x","retry_after_ms":5,"refused":[0,1]}')),
    ).toEqual({
      seq: 4,
      status: 'refused',
      reason: 'x',
      retryAfterMs: 5,
      refusedReadings: 2,
      credit: 0,
    })
    expect(jsonReply(Buffer.from('{"status":2}'))).toMatchObject({ status: 'malformed', seq: 0 })
  })

  it('gives null for what is no reply', () => {
    for (const text of ['', 'x', '17', 'null', '{}', '{"status":"maybe"}']) {
      expect(jsonReply(Buffer.from(text))).toBeNull()
    }
  })
})

describe('Acknowledgements', () => {
  it('settles all frames up to the acknowledged one, each with its own latency', () => {
    const latencies: number[] = []
    const acks = new Acknowledgements((ms) => latencies.push(ms))
    for (let i = 0; i < 1000; i++) acks.sent(i)
    acks.acceptUpTo(999, 1000)
    expect(latencies).toEqual(Array.from({ length: 999 }, (_, i) => 1000 - i))
    expect(acks.outstanding).toBe(1)
    acks.acceptUpTo(5000, 1001)
    expect(acks.outstanding).toBe(0)
    expect(acks.nextSeq).toBe(1001)
  })

  it('agrees with a plain set under any order of answers', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('send' as const), seq: fc.constant(0) }),
        fc.record({ do: fc.constant('accept' as const), seq: fc.integer({ min: 0, max: 300 }) }),
        fc.record({ do: fc.constant('settle' as const), seq: fc.integer({ min: 0, max: 300 }) }),
      ),
      { maxLength: 400 },
    )
    fc.assert(
      fc.property(steps, (all) => {
        let accepted = 0
        let expected = 0
        let next = 1
        const waiting = new Set<number>()
        const acks = new Acknowledgements(() => accepted++)
        for (const step of all) {
          if (step.do === 'send') {
            acks.sent(0)
            waiting.add(next++)
          } else if (step.do === 'settle') expect(acks.settle(step.seq)).toBe(waiting.delete(step.seq))
          else {
            acks.acceptUpTo(step.seq, 1)
            for (const seq of waiting) if (seq <= step.seq && waiting.delete(seq)) expected++
          }
          expect(acks.outstanding).toBe(waiting.size)
          expect(accepted).toBe(expected)
        }
      }),
    )
  })
})
