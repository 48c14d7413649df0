import { describe, expect, it } from 'vitest'
import type { MaintenanceSpec } from '../../src/reservations/maintenance.ts'
import type { HookAnswer } from '../../src/reservations/ports.ts'
import { DAY, device, fleet, HOUR, MINUTE, settled, spec, START, world } from './rig.ts'

const ACME = { devices: ['tenant=acme'] }
const waves = (first: number, over: Partial<MaintenanceSpec['rollout']> = {}) => ({
  rollout: { wave: { devices: first }, growth: 1, pauseMs: 0, ...over },
})

describe('a window', () => {
  it('prepares its capacity, begins in time, and is done when that is reported', async () => {
    const { add, book, pass, told, state } = world()
    add(spec('a'))
    await pass(55 * MINUTE - 1)
    expect(told('a')).toEqual(['scheduled'])
    await pass(1)
    expect(told('a')).toEqual(['scheduled', 'preparing'])
    await pass(5 * MINUTE - 1)
    expect(book.isUnderWay).toBe(false)
    await pass(1)
    expect([book.isUnderWay, book.devicesUnderWay]).toEqual([true, 0])
    expect(book.get('a')).toMatchObject({
      status: 'IN_PROGRESS',
      window: { wave: 1, executions: { IN_PROGRESS: 1 } },
    })
    book.report('a', { status: 'IN_PROGRESS', progress: 40, message: 'half way' })
    expect(book.executions('a')).toMatchObject([{ device: '', progress: 40, message: 'half way' }])
    await pass(MINUTE)
    book.report('a', { status: 'SUCCEEDED' })
    expect(book.get('a')).toMatchObject({
      ...{ status: 'COMPLETED', reason: 'done', window: null },
      past: [
        { status: 'COMPLETED', isFailed: false, endsAt: START + 61 * MINUTE, executions: { SUCCEEDED: 1 } },
      ],
    })
    expect(told('a')).toEqual(['scheduled', 'preparing', 'started', 'wave', 'completed'])
    expect(state.events.map(({ at, change }) => [at, change])).toContainEqual([START + HOUR, 'started'])
  })

  it('has an execution for each device that its selector finds when it begins', async () => {
    const { add, book, pass, state } = world({ devices: fleet(2) })
    add(spec('a', ACME))
    state.fleet.set('d2', fleet(3)[2])
    await pass(HOUR)
    expect(book.executions('a').map(({ device }) => device)).toEqual(['d0', 'd1', 'd2'])
    expect(book.devicesUnderWay).toBe(3)
    book.report('a', { device: 'd1', status: 'REJECTED', message: 'battery low' })
    expect(book.executions('a', 'REJECTED')).toMatchObject([{ device: 'd1', message: 'battery low' }])
    expect(() => book.report('a', { device: 'd1', status: 'SUCCEEDED' })).toThrow(
      'a: no execution of "d1" is under way',
    )
    expect(() => book.report('a', { device: 'x', status: 'SUCCEEDED' })).toThrow(
      'a: no execution of "x" is under way',
    )
    book.report('a', { status: 'SUCCEEDED' })
    expect(book.get('a')).toMatchObject({
      status: 'CANCELED',
      past: [{ status: 'COMPLETED', isFailed: true }],
    })
    expect(() => book.report('a', { status: 'SUCCEEDED' })).toThrow('a is not under way')
  })

  it('is done at once when no device matches', async () => {
    const { add, book, pass } = world()
    add(spec('a', ACME))
    await pass(HOUR)
    expect(book.get('a')).toMatchObject({ status: 'COMPLETED', reason: 'no device matches' })
  })

  it('holds the alerts of its devices while it lasts', async () => {
    const { add, book, pass, state } = world({ devices: fleet(2) })
    add(spec('a', ACME))
    add(spec('b', { ...ACME, holdAlerts: false, startsAt: START + 3 * HOUR }))
    add(spec('c', { startsAt: START + 5 * HOUR }))
    await pass(HOUR)
    expect([...state.holds.values()]).toEqual([
      {
        byTerms: true,
        devices: ['d0', 'd1'],
        until: START + 2 * HOUR,
        reason: 'maintenance a (firmware-update)',
      },
    ])
    book.report('a', { status: 'SUCCEEDED' })
    expect(state.holds.size).toBe(0)
    await pass(5 * HOUR)
    expect(state.heldEver).toBe(1)
  })

  it('holds alerts of devices that come later, where holds by terms do not', async () => {
    const model = (of: string) => ({ attributes: { model: of } })
    const { add, book, pass, state } = world({ devices: [device('d0', model('x'))] })
    add(spec('a', { devices: ['attribute:model=x'] }))
    add(spec('b', { ...ACME, startsAt: START + 3 * HOUR }))
    book.appeared(device('early', model('x')))
    expect(state.heldEver).toBe(0)
    await pass(HOUR)
    for (const one of [device('d0', model('x')), device('d1', model('x')), device('d1', model('x'))])
      book.appeared(one)
    book.appeared(device('other', model('y')))
    expect([...state.holds.values()].map(({ devices, until }) => [devices, until - START])).toEqual([
      [['d0'], 2 * HOUR],
      [['d1'], 2 * HOUR],
    ])
    book.report('a', { status: 'SUCCEEDED' })
    expect(state.holds.size).toBe(0)
    await pass(2 * HOUR)
    const heldBefore = state.heldEver
    book.appeared(device('d2'))
    expect(state.heldEver).toBe(heldBefore)
  })

  it('holds no alerts of those that come later when it only does again what failed, or when told not to', async () => {
    const { add, book, pass, state } = world({ devices: [device('d0', { region: 'north' })] })
    add(spec('a', { devices: ['region=north'], retry: { limit: 1, firstMs: 10 * MINUTE, maxMs: DAY } }))
    add(spec('b', { devices: ['region=south'], holdAlerts: false, startsAt: START + 5 * HOUR }))
    await pass(HOUR)
    book.report('a', { status: 'FAILED' })
    await pass(HOUR)
    expect(book.get('a').status).toBe('IN_PROGRESS')
    const heldBefore = state.heldEver
    book.appeared(device('d1', { region: 'north' }))
    book.report('a', { status: 'SUCCEEDED' })
    await pass(3 * HOUR)
    book.appeared(device('d2', { region: 'south' }))
    expect(state.heldEver).toBe(heldBefore)
  })

  it('that somebody calls off leaves nothing under way', async () => {
    const { add, book, pass, told, state } = world({ devices: fleet(3) })
    add(spec('a', { ...ACME, ...waves(2), hook: 'flash' }))
    await pass(HOUR)
    expect(book.cancel('a', { reason: 'storm' })).toMatchObject({ status: 'CANCELED', reason: 'storm' })
    expect(book.get('a').past).toMatchObject([{ isFailed: false, executions: { CANCELED: 3 } }])
    expect(state.calls[0].signal.aborted).toBe(true)
    expect(told('a').at(-1)).toBe('canceled')
    expect(state.holds.size).toBe(0)
    expect(() => book.cancel('a', { reason: 'again' })).toThrow('a has ended')
  })

  it('of a rule can be called off alone', async () => {
    const { add, book, pass } = world()
    add(spec('a', { rrule: 'FREQ=DAILY' }))
    book.cancel('a', { reason: 'holiday', onlyNext: true })
    expect(book.get('a')).toMatchObject({ status: 'SCHEDULED', window: { startsAt: START + 25 * HOUR } })
    await pass(25 * HOUR)
    book.cancel('a', { reason: 'storm', onlyNext: true })
    expect(book.get('a').window?.startsAt).toBe(START + 49 * HOUR)
    expect(book.cancel('a', { reason: 'never again' })).toMatchObject({ status: 'CANCELED', window: null })
  })

  it('can be begun by hand, if it fits now', async () => {
    const { add, book, pass, state } = world()
    add(spec('a', { capacity: { units: 3 }, startsAt: START + 9 * HOUR }))
    state.needed = () => 8
    expect(book.start('a')).toMatchObject({ ok: false, cause: 'capacity', nearest: [START + 9 * HOUR] })
    state.needed = () => 2
    expect(book.start('a')).toMatchObject({ ok: true, job: { status: 'IN_PROGRESS' } })
    expect(() => book.start('a')).toThrow('a is under way already')
    await pass(HOUR)
    expect(book.get('a').past).toMatchObject([{ startsAt: START, endsAt: START + HOUR }])
    expect(() => book.start('a')).toThrow('a has ended')
  })

  it('that lasts too long is over when its time is, and what is left failed', async () => {
    const { add, book, pass, told, state } = world({ devices: fleet(3) })
    add(spec('a', { ...ACME, ...waves(2), hook: 'flash' }))
    await pass(HOUR)
    book.report('a', { device: 'd0', status: 'SUCCEEDED' })
    await pass(HOUR)
    expect(state.calls[0].signal.aborted).toBe(true)
    expect(told('a').slice(-2)).toEqual(['failed', 'gave-up'])
    expect(book.get('a').past[0]).toMatchObject({
      ...{ status: 'CANCELED', isFailed: true, reason: 'its time is over, and 2 were not done' },
      executions: { SUCCEEDED: 1, TIMED_OUT: 1, CANCELED: 1 },
    })
  })

  it('of which nothing needs to be reported is done when its time is over', async () => {
    const { add, book, pass } = world()
    add(spec('a', { unreported: 'SUCCEEDED' }))
    await pass(2 * HOUR)
    expect(book.get('a')).toMatchObject({ status: 'COMPLETED', reason: 'its time is over' })
  })

  it('goes on by its rule after it', async () => {
    const { add, book, pass, told } = world({ limits: { past: 2 } })
    add(spec('a', { rrule: 'FREQ=DAILY;COUNT=4', unreported: 'SUCCEEDED' }))
    await pass(5 * 24 * HOUR)
    expect(told('a').filter((change) => change === 'completed')).toHaveLength(4)
    expect(book.get('a')).toMatchObject({ status: 'COMPLETED', past: [{ id: 'a.4' }, { id: 'a.3' }] })
  })

  it('that has become too large is given up', async () => {
    const { add, book, pass, state, told } = world({ devices: fleet(2), limits: { devices: 2 } })
    add(spec('a', ACME))
    state.fleet.set('d2', fleet(3)[2])
    await pass(HOUR)
    expect(book.get('a')).toMatchObject({ status: 'CANCELED', reason: '3 devices match; allowed: 2' })
    expect(told('a').at(-1)).toBe('gave-up')
  })
})

describe('waves', () => {
  it('go one after the other, each larger, after a pause', async () => {
    const { add, book, pass, statuses } = world({ devices: fleet(7) })
    add(spec('a', { ...ACME, ...waves(1, { growth: 2, pauseMs: MINUTE }) }))
    await pass(HOUR)
    const sizes: number[] = []
    while (book.get('a').window !== null) {
      const underWay = Object.values(statuses('a')).filter((status) => status === 'IN_PROGRESS').length
      sizes.push(underWay)
      book.report('a', { status: 'SUCCEEDED' })
      if (book.get('a').window !== null) {
        await pass(MINUTE - 1)
        expect(book.get('a').window?.phase).toBe('pausing')
        expect(() => book.report('a', { status: 'FAILED' })).toThrow('a: nothing is under way')
        await pass(1)
      }
    }
    expect(sizes).toEqual([1, 2, 4])
    expect(book.get('a').status).toBe('COMPLETED')
    expect(book.executions('a').map(({ wave }) => wave)).toEqual([1, 2, 2, 3, 3, 3, 3])
  })

  it('are shares of the devices, at least one', async () => {
    const { add, pass, statuses } = world({ devices: fleet(30) })
    const rollout = { wave: { share: 0.1 }, growth: 1, pauseMs: 0 }
    add(spec('a', { ...ACME, rollout }))
    await pass(HOUR)
    expect(Object.values(statuses('a')).filter((status) => status === 'IN_PROGRESS')).toHaveLength(3)
    const small = world({ devices: fleet(3) })
    small.add(spec('a', { ...ACME, rollout }))
    await small.pass(HOUR)
    expect(small.statuses('a')).toEqual({ d0: 'IN_PROGRESS', d1: 'QUEUED', d2: 'QUEUED' })
  })

  it('begin only when all of the one before has ended', async () => {
    const { add, book, pass, statuses } = world({ devices: fleet(3) })
    add(spec('a', { ...ACME, ...waves(2) }))
    await pass(HOUR)
    book.report('a', { device: 'd0', status: 'FAILED' })
    expect(statuses('a')).toEqual({ d0: 'FAILED', d1: 'IN_PROGRESS', d2: 'QUEUED' })
    book.report('a', { device: 'd1', status: 'SUCCEEDED' })
    expect(statuses('a')).toEqual({ d0: 'FAILED', d1: 'SUCCEEDED', d2: 'IN_PROGRESS' })
  })

  it('leave out devices that are not registered any more', async () => {
    const { add, book, pass, statuses, state } = world({ devices: fleet(4) })
    add(spec('a', { ...ACME, ...waves(1) }))
    await pass(HOUR)
    state.fleet.delete('d1')
    book.report('a', { status: 'SUCCEEDED' })
    expect(statuses('a')).toMatchObject({ d1: 'REMOVED', d2: 'IN_PROGRESS' })
    state.fleet.delete('d3')
    book.report('a', { status: 'SUCCEEDED' })
    expect(book.get('a')).toMatchObject({
      status: 'COMPLETED',
      past: [{ executions: { SUCCEEDED: 2, REMOVED: 2 } }],
    })
  })

  it('stop when too much has failed, but not before enough has ended', async () => {
    const { add, book, pass, told, statuses, state } = world({ devices: fleet(6) })
    add(spec('a', { ...ACME, ...waves(1), hook: 'flash', abort: { share: 0.5, minExecuted: 2 } }))
    await pass(HOUR)
    book.report('a', { status: 'FAILED' })
    expect(statuses('a')).toMatchObject({ d0: 'FAILED', d1: 'IN_PROGRESS' })
    book.report('a', { status: 'SUCCEEDED' })
    expect(book.get('a').past[0]).toMatchObject({
      ...{ status: 'CANCELED', isFailed: true, reason: 'aborted: too much has failed' },
      executions: { FAILED: 1, SUCCEEDED: 1, CANCELED: 4 },
    })
    expect(told('a').slice(-2)).toEqual(['failed', 'gave-up'])
    expect(state.calls).toHaveLength(2)
  })

  it('go on while little fails', async () => {
    const { add, book, pass } = world({ devices: fleet(4) })
    add(spec('a', { ...ACME, ...waves(1), abort: { share: 0.5, minExecuted: 1 } }))
    await pass(HOUR)
    for (const status of ['SUCCEEDED', 'SUCCEEDED', 'FAILED', 'SUCCEEDED'] as const)
      book.report('a', { status })
    expect(book.get('a').past[0]).toMatchObject({
      status: 'COMPLETED',
      isFailed: true,
      reason: '1 of 4 were not done',
    })
  })

  it('give up what takes too long, and go on', async () => {
    const { add, pass, statuses, state } = world({ devices: fleet(2) })
    add(spec('a', { ...ACME, ...waves(1), hook: 'flash', timeoutMs: 10 * MINUTE }))
    await pass(HOUR + 10 * MINUTE - 1)
    expect(statuses('a')).toEqual({ d0: 'IN_PROGRESS', d1: 'QUEUED' })
    await pass(1)
    expect(statuses('a')).toEqual({ d0: 'TIMED_OUT', d1: 'IN_PROGRESS' })
    expect(state.calls.map(({ signal }) => signal.aborted)).toEqual([true, false])
  })
})

describe('draining', () => {
  it('is waited for before a wave begins', async () => {
    const drained: { devices: readonly string[]; limitMs: number; done: (isDrained: boolean) => void }[] = []
    const drain = (devices: readonly string[], limitMs: number) =>
      new Promise<boolean>((done) => drained.push({ devices, limitMs, done }))
    const { add, book, pass, statuses, told } = world({ devices: fleet(2), drain })
    add(spec('a', { ...ACME, ...waves(1), drainMs: MINUTE }))
    await pass(HOUR)
    expect(drained).toMatchObject([{ devices: ['d0'], limitMs: MINUTE }])
    expect(statuses('a')).toEqual({ d0: 'QUEUED', d1: 'QUEUED' })
    expect(book.get('a').window?.phase).toBe('draining')
    drained[0].done(true)
    await settled()
    expect(statuses('a')).toEqual({ d0: 'IN_PROGRESS', d1: 'QUEUED' })
    book.report('a', { status: 'SUCCEEDED' })
    drained[1].done(false)
    await settled()
    expect(told('a').slice(-2)).toEqual(['not-drained', 'wave'])
    expect(statuses('a')).toEqual({ d0: 'SUCCEEDED', d1: 'IN_PROGRESS' })
  })

  it('that comes too late changes nothing', async () => {
    let done = (_: boolean): void => undefined
    const { add, book, pass } = world({
      devices: fleet(1),
      drain: () => new Promise((resolve) => (done = resolve)),
    })
    add(spec('a', { ...ACME, drainMs: MINUTE }))
    await pass(HOUR)
    book.cancel('a', { reason: 'storm' })
    done(true)
    await settled()
    expect(book.get('a').past).toMatchObject([{ executions: { CANCELED: 1 } }])
  })

  it('that fails is told, and the work begins', async () => {
    const { add, pass, state, statuses, told } = world({
      devices: fleet(1),
      drain: () => Promise.reject(new Error('no')),
    })
    add(spec('a', { ...ACME, drainMs: MINUTE }))
    await pass(HOUR)
    expect(state.failures).toEqual([new Error('no')])
    expect(told('a')).toContain('not-drained')
    expect(statuses('a')).toEqual({ d0: 'IN_PROGRESS' })
  })

  it('is not asked for where there are no devices', async () => {
    const { add, book, pass } = world({ drain: () => Promise.reject(new Error('not asked')) })
    add(spec('a', { drainMs: MINUTE }))
    await pass(HOUR)
    expect(book.get('a').window?.phase).toBe('working')
  })
})

describe('hooks', () => {
  it('get the devices of a wave and a token by which to report', async () => {
    const { add, book, pass, state, statuses } = world({ devices: fleet(3) })
    add(spec('a', { ...ACME, ...waves(2), hook: 'webhook' }))
    await pass(HOUR)
    expect(state.calls[0].call).toEqual({
      ...{ hook: 'webhook', job: 'a', kind: 'firmware-update', window: 'a.1', attempt: 0, wave: 1 },
      ...{ devices: ['d0', 'd1'], token: 'token-1', endsAt: START + 2 * HOUR },
    })
    book.reportByToken('token-1', { device: 'd0', status: 'SUCCEEDED' })
    book.reportByToken('token-1', { status: 'FAILED' })
    expect(statuses('a')).toEqual({ d0: 'SUCCEEDED', d1: 'FAILED', d2: 'IN_PROGRESS' })
    for (const token of ['token-1', 'x', ''])
      expect(() => book.reportByToken(token, { status: 'FAILED' })).toThrow('the token is of no operation')
  })

  it('say by their answer what came of all that was not reported', async () => {
    const answers: HookAnswer[] = [
      { status: 'SUCCEEDED', message: '' },
      { status: 'REJECTED', message: 'not today' },
      { status: 'FAILED', message: 'broken' },
    ]
    const answer = () => Promise.resolve(answers.shift() as HookAnswer)
    const { add, book, pass, state } = world({ devices: fleet(6), answer })
    add(spec('a', { ...ACME, ...waves(2), hook: 'flash' }))
    await pass(HOUR)
    expect(state.calls.map(({ call }) => call.devices)).toEqual([
      ['d0', 'd1'],
      ['d2', 'd3'],
      ['d4', 'd5'],
    ])
    expect(book.get('a').past[0]).toMatchObject({ executions: { SUCCEEDED: 2, REJECTED: 2, FAILED: 2 } })
  })

  it('that answer after the end change nothing', async () => {
    let say = (_: HookAnswer): void => undefined
    const { add, book, pass } = world({ answer: () => new Promise((resolve) => (say = resolve)) })
    add(spec('a', { hook: 'flash' }))
    await pass(2 * HOUR)
    say({ status: 'SUCCEEDED', message: '' })
    await settled()
    expect(book.get('a').past).toMatchObject([{ isFailed: true, executions: { TIMED_OUT: 1 } }])
  })
})
