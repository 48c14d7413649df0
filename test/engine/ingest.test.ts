import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { ReadingInput } from '../../src/engine/embedding/reading-input.ts'
import { BALANCED, imbalance, isIdle, startEngine, until } from './rig.ts'
import { counting } from './recorded.ts'

const good = { device: 'd', metric: 'value', value: 1 }

describe('engine.ingest', () => {
  it('takes more readings than fit into a frame, and tells what became of them', async () => {
    const engine = await startEngine()
    const readings = counting(10_000).map((i) => ({ device: `d${i % 50}`, metric: 'value', value: i }))
    readings[3] = { ...good, value: NaN }
    readings[9_999] = { ...good, value: Infinity }
    const result = await engine.ingest(readings)
    expect(result).toMatchObject({ accepted: 9_998, refused: [3, 9_999], reason: 'malformed: value' })
    expect(result.retryable).toBe(false)
    await until(() => isIdle(engine), 'all worked through')
    const { account } = engine.stats()
    expect(account).toMatchObject({ received: 10_000, accepted: 9_998, malformed: 2, processed: 9_998 })
    expect(imbalance(account)).toEqual(BALANCED)
  })

  it('can be called again before it has answered', async () => {
    const engine = await startEngine()
    const calls = counting(50).map((call) =>
      engine.ingest(counting(100 + call).map((i) => ({ device: `c${call}`, metric: 'value', value: i }))),
    )
    const results = await Promise.all(calls)
    expect(results.map(({ accepted }) => accepted)).toEqual(counting(50, 100))
    await until(() => isIdle(engine), 'all worked through')
    expect(engine.stats().devices).toBe(50)
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
  })

  it('takes nothing at all as nothing', async () => {
    const engine = await startEngine()
    expect(await engine.ingest([])).toEqual({ accepted: 0, refused: [], reason: '', retryable: false })
  })

  it('refuses what is not valid, naming where and what is allowed, and takes none', async () => {
    const engine = await startEngine()
    const cases: [string, unknown[], string][] = [
      ['no device', [good, { metric: 'value', value: 1 }], 'readings[1].device: nothing is not allowed'],
      [
        'an empty device',
        [{ ...good, device: '' }],
        'readings[0].device: "" is not allowed; allowed: a name',
      ],
      [
        'a numbered metric',
        [{ ...good, metric: 7 }],
        'readings[0].metric: 7 is not allowed; allowed: a name',
      ],
      [
        'a value in a text',
        [{ ...good, value: '1' }],
        'readings[0].value: "1" is not allowed; allowed: a number',
      ],
      [
        'no value',
        [good, good, { device: 'd', metric: 'value' }],
        'readings[2].value: nothing is not allowed',
      ],
      ['a bigint', [{ ...good, value: 1n }], 'readings[0].value: 1n is not allowed'],
      ['a date', [{ ...good, time: '2026-01-01' }], 'readings[0].time: "2026-01-01" is not allowed'],
      [
        'half a text',
        [{ ...good, lat: 1, lon: '2' }],
        'readings[0].lon: "2" is not allowed; allowed: a number',
      ],
      ['null', [good, null], 'readings[1]: null is not allowed; allowed: an object'],
      ['a hole', new Array<unknown>(1), 'readings[0]: nothing is not allowed; allowed: an object'],
    ]
    for (const [what, readings, message] of cases)
      await expect(engine.ingest(readings as ReadingInput[]), what).rejects.toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining(message) as string,
      })
    expect(engine.stats().account.received).toBe(0)
    expect(engine.devices.size).toBe(0)
  })

  it('refuses what is not an array', async () => {
    const engine = await startEngine()
    await expect(engine.ingest(good as unknown as ReadingInput[])).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('allowed: an array') as string,
    })
  })

  it('refuses unbelievable positions and times reading by reading', async () => {
    const engine = await startEngine({ limits: { timeAheadMs: 1000 } })
    const result = await engine.ingest([
      { ...good, lat: 90.1, lon: 0 },
      { ...good, lat: 90, lon: 180 },
      { ...good, lat: 1 },
      { ...good, time: -1 },
      { ...good, time: Date.now() + 60_000 },
      { ...good, time: Date.now() },
      { ...good, lat: 1e300, lon: -1e300 },
    ])
    expect(result).toMatchObject({ accepted: 2, refused: [0, 2, 3, 4, 6], retryable: false })
    const { malformedByCause } = engine.stats()
    expect(malformedByCause).toMatchObject({ position: 3, time: 1, future: 1 })
  })
})

describe('engine.writer', () => {
  const id = deviceIdOf('d')

  it('hands over what was set', async () => {
    const engine = await startEngine()
    const writer = engine.writer()
    const room = writer.claim(3)!
    counting(3).forEach((i) => room.set(i, id, 1, i * 1.5, 1e12 + i, 52.5, 13.4))
    expect(await room.commitAcknowledged()).toEqual({
      accepted: 3,
      refused: [],
      reason: '',
      retryable: false,
    })
    const fewer = writer.claim(100)!
    fewer.set(0, id, 1, NaN)
    fewer.set(1, id, 1, 5)
    const result = { accepted: 1, refused: [0], reason: 'malformed: value', retryable: false }
    expect(await fewer.commitAcknowledged(2)).toEqual(result)
    await until(() => isIdle(engine), 'all worked through')
    expect(engine.stats()).toMatchObject({ series: 1, account: { received: 5, accepted: 4, malformed: 1 } })
  })

  it('takes bytes as they are on the wire', async () => {
    const engine = await startEngine()
    const room = engine.writer().claim(2)!
    expect(room.bytes).toHaveLength(64)
    const view = new DataView(room.bytes.buffer, room.bytes.byteOffset, 64)
    for (const at of [0, 32]) {
      view.setBigUint64(at, (BigInt(id) << 16n) | 1n, true)
      view.setFloat64(at + 8, 0, true)
      view.setFloat64(at + 16, at, true)
      view.setInt32(at + 24, -2147483648, true)
      view.setInt32(at + 28, -2147483648, true)
    }
    expect(await room.commitAcknowledged()).toMatchObject({ accepted: 2, refused: [] })
  })

  it('keeps to its bounds', async () => {
    const engine = await startEngine()
    const writer = engine.writer()
    for (const count of [0, -1, 1.5, writer.maxReadings + 1, NaN])
      expect(() => writer.claim(count)).toThrow(`allowed: 1 to ${writer.maxReadings}`)
    const room = writer.claim(10)!
    for (const index of [-1, 10, NaN]) expect(() => room.set(index, id, 1, 1)).toThrow('allowed: 0 to 9')
    for (const count of [0, 11, 0.5]) {
      expect(() => room.commit(count)).toThrow('allowed: 1 to 10')
      expect(() => room.commitAcknowledged(count)).toThrow('allowed: 1 to 10')
    }
    expect(engine.stats().account.received).toBe(0)
    expect(writer.claim(writer.maxReadings)).toBeDefined()
  })

  it('does not let a room be used that is no longer its own', async () => {
    const engine = await startEngine()
    const writer = engine.writer()
    const first = writer.claim(1)!
    const second = writer.claim(1)!
    expect(() => first.set(0, id, 1, 1)).toThrow('given up for a later claim')
    second.set(0, id, 1, 1)
    second.commit()
    expect(() => second.commit()).toThrow('has been committed')
    const third = writer.claim(1)!
    await engine.ingest([good])
    expect(() => third.commit()).toThrow('given up for a later claim')
    expect(engine.stats().account).toMatchObject({ received: 2, accepted: 2 })
  })

  it('has no room left when the ring is full of frames nobody has routed', async () => {
    const engine = await startEngine()
    const writer = engine.writer()
    let claimed = 0
    for (let room = writer.claim(1000); room !== undefined && claimed < 10_000; room = writer.claim(1000)) {
      counting(1000).forEach((i) => room.set(i, id, 1, i))
      room.commit()
      claimed++
    }
    // 1 MiB holds 32 such frames; the router may have taken some meanwhile
    expect(claimed).toBeGreaterThan(30)
    await until(() => isIdle(engine), 'all worked through')
    const { account } = engine.stats()
    expect(account).toMatchObject({ received: claimed * 1000, processed: account.accepted, malformed: 0 })
    expect(imbalance(account)).toEqual(BALANCED)
    expect(writer.claim(1000)).toBeDefined()
  })

  it('refuses what is committed after close', async () => {
    const engine = await startEngine()
    const room = engine.writer().claim(5)!
    const closed = engine.close()
    expect(await room.commitAcknowledged()).toMatchObject({ accepted: 0, reason: 'shutdown' })
    await closed
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
    expect(engine.stats().account).toMatchObject({ received: 5, refused: 5, inFlight: 0 })
  })
})
