import { describe, expect, it } from 'vitest'
import { newClient } from '../../src/client/client.ts'
import { newKept } from '../../src/client/frame.ts'
import { SEQ_SPAN } from '../../src/client/limits.ts'
import { settingsOf } from '../../src/client/options.ts'
import type { WireEvents } from '../../src/client/wire.ts'
import { frameHead, replyBytes } from '../load/scripted-server.ts'
import { VirtualClock } from './virtual-clock.ts'

const REFUSED = 1

/** A client of frames of one reading and a connection whose answers the test gives. */
async function connected() {
  const clock = new VirtualClock()
  const sent: number[] = []
  let events: WireEvents
  const settings = settingsOf({ url: 'ws://virtual', batchReadings: 1, clock, random: () => 0 })
  const client = newClient(
    settings,
    (_url, _token, heard) => {
      events = heard
      return {
        bufferedAmount: 0,
        send: (bytes) => void sent.push(frameHead(Buffer.from(bytes))!.seq),
        close: () => undefined,
      }
    },
    newKept(),
  )
  await clock.pass(1)
  events!.opened()
  const answer = (fields: Parameters<typeof replyBytes>[0]) => events.message(replyBytes(fields))
  const write = (readings: number) => {
    for (let i = 0; i < readings; i++) client.write(1, 1, i)
  }
  return { client, clock, sent, answer, write }
}

describe('the order of sending', () => {
  it('sends nothing further ahead of the oldest unsettled frame than a server remembers', async () => {
    const { clock, sent, answer, write } = await connected()
    write(600)
    answer({ seq: 1, status: REFUSED, reason: 'unknown-device', retryAfterMs: 1000 })
    for (let seq = 2; seq <= 600; seq++) answer({ seq })
    expect([sent[0], sent.at(-1), sent.length]).toEqual([1, 1 + SEQ_SPAN, 1 + SEQ_SPAN])
    await clock.pass(1100)
    expect(sent[1 + SEQ_SPAN]).toBe(1)
  })

  it('sends what came back only when nothing with a higher number is under way, then in order', async () => {
    const { clock, sent, answer, write } = await connected()
    write(3)
    answer({ seq: 2, status: REFUSED, reason: 'unknown-device' })
    write(1)
    await clock.pass(10)
    expect(sent).toEqual([1, 2, 3])
    answer({ seq: 3 })
    expect(sent).toEqual([1, 2, 3, 2, 4])
  })
})
