import { describe, expect, it } from 'vitest'
import { refusalWords } from '../../src/reservations/reservation-book.ts'
import type { HookAnswer } from '../../src/reservations/ports.ts'
import { DAY, fleet, HOUR, MINUTE, settled, spec, START, world } from './rig.ts'

const RETRY = { retry: { limit: 2, firstMs: 20 * MINUTE, maxMs: 30 * MINUTE } }
const FAILED = { status: 'FAILED', message: 'broken' } as const

describe('what has failed', () => {
  it('is done again in the next slot that fits, after a pause that grows, for what is left', async () => {
    const { add, book, pass, told, state } = world({ devices: fleet(3) })
    add(spec('a', { ...RETRY, devices: ['tenant=acme'] }))
    await pass(HOUR)
    book.report('a', { device: 'd0', status: 'SUCCEEDED' })
    book.report('a', FAILED)
    expect(told('a').slice(-2)).toEqual(['failed', 'rescheduled'])
    const { window } = book.get('a')
    expect(window).toMatchObject({ id: 'a.2', attempt: 1, plannedAt: START + HOUR, status: 'SCHEDULED' })
    const pauseMs = (window?.startsAt ?? 0) - START - HOUR
    expect(pauseMs).toBeGreaterThanOrEqual(10 * MINUTE)
    expect(pauseMs).toBeLessThanOrEqual(20 * MINUTE)
    await pass(pauseMs)
    expect(book.executions('a').map(({ device }) => device)).toEqual(['d1', 'd2'])
    expect([...state.holds.values()]).toMatchObject([{ byTerms: false, devices: ['d1', 'd2'] }])
    const failedAt = START + HOUR + pauseMs
    book.report('a', FAILED)
    const secondMs = (book.get('a').window?.startsAt ?? 0) - failedAt
    expect(secondMs).toBeGreaterThanOrEqual(15 * MINUTE)
    expect(secondMs).toBeLessThanOrEqual(30 * MINUTE)
    await pass(secondMs)
    book.report('a', { status: 'SUCCEEDED' })
    expect(book.get('a')).toMatchObject({ status: 'COMPLETED', reason: 'done' })
    expect(told('a').at(-1)).toBe('completed')
  })

  it('waits for a slot in which there is enough capacity', async () => {
    const { add, book, pass, state } = world()
    add(spec('a', { ...RETRY, capacity: { units: 4 } }))
    state.needed = (from, until) => (until > START + 62 * MINUTE && from < START + 6 * HOUR ? 9 : 2)
    await pass(54 * MINUTE)
    state.needed = () => 2
    await pass(6 * MINUTE)
    state.needed = (_, until) => (until > START + HOUR && until < START + 6 * HOUR ? 9 : 2)
    book.report('a', FAILED)
    expect(book.get('a').window?.startsAt).toBeGreaterThanOrEqual(START + 5 * HOUR)
  })

  it('is given up after the last attempt, and told', async () => {
    const { add, book, pass, told, state } = world()
    add(spec('a', { ...RETRY, retry: { ...RETRY.retry, limit: 1 } }))
    await pass(HOUR)
    book.report('a', FAILED)
    await pass(HOUR)
    book.report('a', FAILED)
    expect(told('a').slice(-2)).toEqual(['failed', 'gave-up'])
    expect(state.events.at(-1)?.reason).toBe('failed 2 times: 1 of 1 were not done')
    expect(book.get('a')).toMatchObject({ status: 'CANCELED', window: null })
  })

  it('is given up when there is no slot for it', async () => {
    const { add, book, pass, state, told } = world()
    add(spec('a', { ...RETRY, capacity: { units: 4 } }))
    await pass(HOUR)
    state.needed = () => 10
    book.report('a', FAILED)
    expect(told('a').at(-1)).toBe('gave-up')
    expect(book.get('a').reason).toBe('failed, and there is no slot to do it again')
  })

  it('of what recurs goes on with the next time of its rule', async () => {
    const { add, book, pass, told } = world()
    add(spec('a', { rrule: 'FREQ=DAILY' }))
    await pass(HOUR)
    book.report('a', FAILED)
    expect(told('a').at(-1)).toBe('gave-up')
    expect(book.get('a')).toMatchObject({
      status: 'SCHEDULED',
      window: { startsAt: START + DAY + HOUR, attempt: 0 },
    })
  })
})

describe('before the book begins', () => {
  it('jobs can be planned, and nothing happens', async () => {
    const { add, book, pass, told } = world({ begun: false })
    add(spec('a'))
    await pass(2 * HOUR)
    expect(told('a')).toEqual(['scheduled'])
    book.begin()
    expect(told('a')).toContain('started')
    book.close()
    await pass(5 * HOUR)
    expect(told('a')).not.toContain('failed')
  })

  it('can be closed', () => {
    const { book, add } = world({ begun: false })
    add(spec('a'))
    book.close()
    expect(book.get('a').status).toBe('SCHEDULED')
  })
})

describe('what depends on it', () => {
  it('is shifted behind it, with what depends on that, and told', async () => {
    const { add, book, pass, told } = world()
    add(spec('a', RETRY))
    add(spec('b', { dependsOn: ['a'], startsAt: START + 2 * HOUR }))
    add(spec('c', { dependsOn: ['b'], startsAt: START + 3 * HOUR }))
    add(spec('far', { dependsOn: ['a'], startsAt: START + 5 * HOUR }))
    await pass(HOUR + 30 * MINUTE)
    book.report('a', FAILED)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => book.get(name).window)
    expect(b).toMatchObject({ startsAt: a?.endsAt, reason: 'a, on which it depends, was moved' })
    expect(c?.startsAt).toBe(b?.endsAt)
    expect([told('b').at(-1), told('c').at(-1), told('far')]).toEqual(['shifted', 'shifted', ['scheduled']])
  })

  it('is called off when it is given up; what recurs waits for the next time', async () => {
    const { add, book, pass, told } = world()
    add(spec('a', { rrule: 'FREQ=DAILY' }))
    add(spec('b', { dependsOn: ['a'], startsAt: START + 2 * HOUR }))
    add(spec('c', { dependsOn: ['a'], startsAt: START + 2 * HOUR, rrule: 'FREQ=DAILY' }))
    await pass(HOUR)
    book.report('a', FAILED)
    expect(book.get('b')).toMatchObject({
      status: 'CANCELED',
      reason: 'a, on which it depends, was given up',
    })
    expect(book.get('c').window?.startsAt).toBe(START + DAY + 2 * HOUR)
    expect(told('c').at(-1)).toBe('canceled')
  })

  it('does not begin in the moment in which that overruns', async () => {
    const { add, book, pass, told } = world()
    add(spec('a', RETRY))
    add(spec('b', { dependsOn: ['a'], startsAt: START + 2 * HOUR }))
    // planned anew, it comes behind what waits for it
    book.cancel('a', { reason: 'changed' })
    add(spec('a', RETRY))
    await pass(2 * HOUR)
    expect(told('b')).toEqual(['scheduled', 'preparing', 'shifted'])
  })

  it('of an earlier time is left alone', async () => {
    const { add, book, pass } = world()
    add(spec('a', { rrule: 'FREQ=DAILY', unreported: 'SUCCEEDED' }))
    await pass(2 * HOUR)
    add(spec('b', { dependsOn: ['a'], startsAt: START + 10 * HOUR }))
    book.start('a')
    book.report('a', FAILED)
    expect(book.get('b').window?.startsAt).toBe(START + 10 * HOUR)
  })
})

describe('a window that does not fit any more when its capacity is asked for', () => {
  it('is moved to the next that fits, and told', async () => {
    const { add, book, pass, told, state } = world()
    add(spec('a', { capacity: { units: 4 } }))
    state.needed = (from) => (from < START + 2 * HOUR ? 7 : 2)
    await pass(55 * MINUTE)
    expect(told('a')).toEqual(['scheduled', 'rescheduled'])
    expect(state.events.at(-1)?.reason).toContain('4 units are wanted')
    expect(book.get('a').window?.startsAt).toBe(START + 2 * HOUR + 15 * MINUTE)
    await pass(90 * MINUTE)
    expect(book.isUnderWay).toBe(true)
  })

  it('is given up when there is none', async () => {
    const { add, book, pass, told, state } = world()
    add(spec('a', { capacity: { units: 4 } }))
    add(spec('b', { dependsOn: ['a'], startsAt: START + 3 * HOUR }))
    state.needed = () => 7
    await pass(55 * MINUTE)
    expect(told('a').at(-1)).toBe('gave-up')
    expect(book.get('a')).toMatchObject({ status: 'CANCELED', past: [{ isFailed: true, attempt: 0 }] })
    expect(book.get('b').status).toBe('CANCELED')
  })
})

describe('over a restart', () => {
  /** A process ends; another begins after a while. */
  async function restarted(
    first: ReturnType<typeof world>,
    afterMs: number,
    over: Parameters<typeof world>[0] = {},
  ) {
    const kept = first.kept()
    first.book.close()
    first.clock.advance(afterMs)
    const next = world({ ...over, kept, clock: first.clock, devices: [...first.state.fleet.values()] })
    await settled()
    return next
  }

  it('what is planned is still planned', async () => {
    const first = world()
    first.add(spec('a', { capacity: { units: 3 }, rrule: 'FREQ=DAILY' }))
    first.add(spec('b'))
    first.book.cancel('b', { reason: 'no' })
    const next = await restarted(first, MINUTE)
    expect(next.kept()).toEqual(first.kept())
    await next.pass(HOUR)
    expect(next.book.get('a')).toMatchObject({ status: 'IN_PROGRESS', window: { id: 'a.1' } })
  })

  it('what was missed begins late, if it fits now', async () => {
    const first = world()
    first.add(spec('a'))
    const next = await restarted(first, 4 * HOUR)
    expect(next.told('a')).toEqual(['missed', 'started', 'wave'])
    expect(next.book.get('a').window).toMatchObject({ startsAt: START + 4 * HOUR, endsAt: START + 5 * HOUR })
  })

  it('what was missed and does not fit now is moved', async () => {
    const first = world()
    first.add(spec('a', { capacity: { units: 4 } }))
    const kept = first.kept()
    first.book.close()
    first.clock.advance(4 * HOUR)
    const next = world({ kept, clock: first.clock, begun: false })
    next.state.needed = (from) => (from < START + 5 * HOUR ? 9 : 2)
    next.book.begin()
    expect(next.told('a')).toEqual(['missed', 'rescheduled'])
    expect(next.state.events.at(-1)?.reason).toMatch(
      /^nothing ran at 2027-01-04T01:00:00.000Z; now: 4 units are wanted/,
    )
    expect(next.book.get('a').window?.startsAt).toBe(START + 5 * HOUR + 15 * MINUTE)
  })

  it('what was missed is moved or left out where that is the rule', async () => {
    const first = world()
    first.add(spec('a', { missed: 'reschedule' }))
    first.add(spec('b', { missed: 'skip' }))
    first.add(spec('c', { missed: 'skip', rrule: 'FREQ=DAILY' }))
    const next = await restarted(first, 4 * HOUR)
    expect(next.book.get('a').window?.startsAt).toBe(START + 4 * HOUR + 5 * MINUTE)
    expect(next.book.get('b')).toMatchObject({
      status: 'CANCELED',
      reason: 'nothing ran at 2027-01-04T01:00:00.000Z',
    })
    expect(next.book.get('c').window?.startsAt).toBe(START + DAY + HOUR)
  })

  it('a moment late is not missed', async () => {
    const first = world()
    first.add(spec('a', { missed: 'skip' }))
    const next = await restarted(first, HOUR + MINUTE)
    expect(next.book.get('a').window).toMatchObject({ status: 'IN_PROGRESS', startsAt: START + HOUR })
  })

  it('what goes on without the process can still be reported', async () => {
    const first = world({ devices: fleet(2) })
    first.add(spec('a', { devices: ['tenant=acme'], hook: 'webhook' }))
    await first.pass(HOUR)
    const next = await restarted(first, 10 * MINUTE)
    expect(first.state.calls[0].signal.reason).toBe('closing')
    expect(next.state.calls).toEqual([])
    next.book.reportByToken('token-1', { status: 'SUCCEEDED' })
    expect(next.book.get('a').status).toBe('COMPLETED')
  })

  it('what somebody does by hand goes on', async () => {
    const first = world()
    first.add(spec('a'))
    await first.pass(HOUR)
    const next = await restarted(first, 10 * MINUTE)
    next.book.report('a', { status: 'SUCCEEDED' })
    expect(next.book.get('a').status).toBe('COMPLETED')
  })

  it('what ended with the process has failed, and is done again', async () => {
    let say = (_: HookAnswer): void => undefined
    const first = world({ answer: () => new Promise((resolve) => (say = resolve)) })
    first.add(spec('a', { ...RETRY, hook: 'flash' }))
    await first.pass(HOUR)
    const next = await restarted(first, MINUTE)
    expect(next.told('a')).toEqual(['failed', 'rescheduled'])
    expect(next.book.get('a').past[0]).toMatchObject({ executions: { FAILED: 1 } })
    say({ status: 'FAILED', message: 'killed' })
    await settled()
    expect(first.told('a')).not.toContain('failed')
  })

  it('what overran meanwhile has failed', async () => {
    const first = world()
    first.add(spec('a', { hook: 'webhook' }))
    await first.pass(HOUR)
    const next = await restarted(first, HOUR)
    expect(next.told('a')).toEqual(['failed', 'gave-up'])
  })

  it('waves that waited go on', async () => {
    let done = (_: boolean): void => undefined
    const never = { drain: () => new Promise<boolean>((resolve) => (done = resolve)) }
    const first = world({ devices: fleet(2), ...never })
    const rollout = { wave: { devices: 1 }, growth: 1, pauseMs: 30 * MINUTE }
    first.add(spec('a', { devices: ['tenant=acme'], rollout, drainMs: HOUR, hook: 'flash' }))
    await first.pass(HOUR)
    const second = await restarted(first, MINUTE)
    done(true)
    await settled()
    expect(first.statuses('a')).toEqual({ d0: 'QUEUED', d1: 'QUEUED' })
    expect(second.statuses('a')).toEqual({ d0: 'IN_PROGRESS', d1: 'QUEUED' })
    second.book.report('a', { status: 'SUCCEEDED' })
    const third = await restarted(second, 30 * MINUTE)
    expect(third.statuses('a')).toEqual({ d0: 'SUCCEEDED', d1: 'IN_PROGRESS' })
  })

  it('notices within a minute that the clock was set', async () => {
    const { add, clock, told } = world()
    add(spec('a', { startsAt: START + 10 * DAY }))
    const set = Object.assign(clock, { epochMs: () => START + 10 * DAY })
    set.advance(MINUTE)
    expect(told('a')).toContain('started')
  })
})

describe('jobs of the configuration', () => {
  it('are planned, replaced when they change, and called off when they are gone', () => {
    const { book, told } = world()
    expect(book.declare([spec('a'), spec('b'), spec('c')])).toEqual([])
    expect(book.declare([spec('a'), spec('b', { durationMs: MINUTE })])).toEqual([])
    expect(told('a')).toEqual(['scheduled'])
    expect(told('b')).toEqual(['scheduled', 'canceled', 'scheduled'])
    expect(book.get('c')).toMatchObject({ status: 'CANCELED', reason: 'not in the configuration any more' })
  })

  it('leave alone what was planned otherwise', () => {
    const { book, add } = world()
    add(spec('a'))
    expect(book.declare([])).toEqual([])
    expect(book.get('a').status).toBe('SCHEDULED')
  })

  it('that can not be are said, and are no obstacle to others', () => {
    const { book } = world()
    const words = book.declare([
      ...[spec('past', { startsAt: START - HOUR }), spec('a', { resources: ['crane'] })],
      ...[spec('b', { resources: ['crane'] }), spec('c')],
    ])
    expect(words).toEqual([
      'past: startsAt: its time has passed',
      'b: a uses crane then; would fit: 2027-01-04T02:00:00.000Z, 2027-01-04T00:00:00.000Z, 2027-01-04T02:15:00.000Z',
    ])
    expect(book.get('c').status).toBe('SCHEDULED')
  })

  it('go on as they were while they are under way', async () => {
    const { book, pass } = world()
    book.declare([spec('a')])
    await pass(HOUR)
    expect(book.declare([spec('a', { kind: 'other' })])).toEqual(['a: is under way, and goes on as it was'])
  })

  it('that have been done are not done again', async () => {
    const { book, pass, told } = world()
    book.declare([spec('a', { unreported: 'SUCCEEDED' })])
    await pass(3 * HOUR)
    expect(book.declare([spec('a', { unreported: 'SUCCEEDED' })])).toEqual([])
    expect(book.declare([])).toEqual([])
    expect(told('a').at(-1)).toBe('completed')
    const later = spec('a', { startsAt: START + 5 * HOUR })
    expect(book.declare([later])).toEqual([])
    expect(book.get('a').status).toBe('SCHEDULED')
  })

  it('do not hide a bug', () => {
    const { book, state } = world()
    state.needed = () => {
      throw new TypeError('a bug')
    }
    expect(() => book.declare([spec('a', { capacity: { units: 1 } })])).toThrow(TypeError)
  })
})

describe('a refusal in words', () => {
  it('says when nothing fits', () => {
    expect(refusalWords({ ok: false, cause: 'capacity', reason: 'too much', nearest: [] })).toBe(
      'too much; no other time fits either',
    )
  })
})
