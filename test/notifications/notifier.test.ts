import { describe, expect, it } from 'vitest'
import { SinkDown, SinkRefusal } from '../../src/sinks/sink.ts'
import { alertOf, devicesIn, resolvedOf, rig } from './alerts.ts'

const MINUTE = 60_000
const ops = (over: object = {}) => ({ name: 'ops', callback: {}, ...over })
const plain = (over: object = {}) => ({ receiver: 'ops', receivers: [ops()], ...over })
const atOnce = { groupWait: 0, groupInterval: 1000 }

describe('Notifier', () => {
  it('tells a group after groupWait, its news no sooner than groupInterval after, and its end', async () => {
    const { notifier, told, pass } = rig(plain({ groupBy: ['region'] }))
    notifier.take(alertOf('a'), 'raised')
    await pass(20_000)
    notifier.take(alertOf('b'), 'raised')
    await pass(9500)
    expect(told).toEqual([])
    await pass(500)
    expect(told.map(({ atMs }) => atMs)).toEqual([30_000])
    expect(told[0]).toMatchObject({
      status: 'firing',
      reason: 'news',
      firing: 2,
      groupLabels: { region: 'eu' },
    })
    expect(devicesIn(told[0])).toEqual(['a', 'b'])
    notifier.take(resolvedOf(alertOf('a')), 'resolved')
    await pass(5 * MINUTE - 500)
    expect(told).toHaveLength(1)
    await pass(500)
    expect(told[1]).toMatchObject({ status: 'firing', firing: 1, resolved: 1 })
    notifier.take(resolvedOf(alertOf('b')), 'resolved')
    await pass(5 * MINUTE)
    expect(told[2]).toMatchObject({ status: 'resolved', firing: 0, resolved: 1 })
    expect(notifier.groups(10)).toEqual([])
  })

  it('says nothing of an alert that came and went within groupWait', async () => {
    const { notifier, told, pass } = rig(plain())
    notifier.take(alertOf('a'), 'raised')
    await pass(1000)
    notifier.take(resolvedOf(alertOf('a')), 'resolved')
    await pass(10 * MINUTE)
    expect(told).toEqual([])
    expect(notifier.groups(10)).toEqual([])
  })

  it('repeats after repeatInterval what still fires, until somebody acknowledges it', async () => {
    const { notifier, told, pass } = rig(plain({ ...atOnce, repeatInterval: '1h' }))
    const alert = alertOf('a')
    notifier.take(alert, 'raised')
    await pass(121 * MINUTE)
    expect(told.map(({ reason }) => reason)).toEqual(['news', 'repeat', 'repeat'])
    expect(new Set(told.map(({ id }) => id)).size).toBe(3)
    notifier.take({ ...alert, acknowledged: { by: 'eve', at: 1, comment: '' } }, 'acknowledged')
    await pass(180 * MINUTE)
    expect(told).toHaveLength(3)
  })

  it('tells nothing of what is suppressed, tells it when it is released, and the end of what was told', async () => {
    const { notifier, told, pass } = rig(plain(atOnce))
    const [a, b] = [alertOf('a'), alertOf('b', { suppressedBy: ['silence:1'] })]
    notifier.take(a, 'raised')
    notifier.take(b, 'raised')
    await pass(5000)
    expect(told.map((one) => devicesIn(one))).toEqual([['a']])
    notifier.take({ ...b, suppressedBy: [] }, 'released')
    await pass(5000)
    expect(devicesIn(told[1])).toEqual(['a', 'b'])
    notifier.take({ ...a, suppressedBy: ['flapping'] }, 'suppressed')
    notifier.take(resolvedOf({ ...a, suppressedBy: ['flapping'] }), 'resolved')
    await pass(5000)
    expect(devicesIn(told[2], 'resolved')).toEqual(['a'])
    const never = alertOf('c', { suppressedBy: ['maintenance:1'] })
    notifier.take(never, 'raised')
    notifier.take(resolvedOf(never), 'resolved')
    await pass(5000)
    expect(told).toHaveLength(3)
  })

  it('tells again what is escalated or has become worse, and nothing of mere updates', async () => {
    const { notifier, told, pass } = rig(plain(atOnce))
    const alert = alertOf('a')
    notifier.take(alert, 'raised')
    await pass(2000)
    for (let count = 2; count < 50; count++) notifier.take({ ...alert, count }, 'updated')
    await pass(5000)
    expect(told).toHaveLength(1)
    notifier.take({ ...alert, escalation: 1 }, 'escalated')
    await pass(2000)
    const labels = { ...alert.labels, severity: 'critical' }
    notifier.take({ ...alert, escalation: 1, severity: 'critical', labels }, 'updated')
    await pass(2000)
    expect(told.map(({ alerts }) => [alerts[0].severity, alerts[0].escalation])).toEqual([
      ['high', 0],
      ['high', 1],
      ['critical', 1],
    ])
  })

  it('moves an alert whose labels change to its new group, and is over in the old one', async () => {
    const { notifier, told, pass } = rig(plain({ ...atOnce, groupBy: ['severity'] }))
    const alert = alertOf('a')
    notifier.take(alert, 'raised')
    await pass(2000)
    const labels = { ...alert.labels, severity: 'critical' }
    notifier.take({ ...alert, severity: 'critical', labels }, 'updated')
    await pass(2000)
    const summary = told.map(({ groupLabels, status }) => [groupLabels.severity, status])
    expect(summary).toEqual([
      ['high', 'firing'],
      ['high', 'resolved'],
      ['critical', 'firing'],
    ])
  })

  it('makes one notification of thousands of alerts', async () => {
    const { notifier, told, pass } = rig(plain({ groupBy: ['region'], groupWait: '10s' }))
    for (let i = 0; i < 3000; i++) {
      const severity = i === 777 ? 'critical' : 'low'
      notifier.take(alertOf(`d${i}`, { severity }), 'raised')
      if (i % 500 === 0) await pass(1000)
    }
    await pass(MINUTE)
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({
      firing: 3000,
      truncated: 2000,
      commonLabels: { region: 'eu', rule: 'hot' },
    })
    expect(told[0].alerts[0].device).toBe('d777')
  })
})

describe('a receiver that is down', () => {
  it('is tried again, further and further apart, with the same notification while nothing changes', async () => {
    const { notifier, told, attempts, reactions, clock, pass } = rig(plain(atOnce))
    const times: number[] = []
    reactions.set('ops', () => {
      times.push(clock.nowMs())
      if (times.length < 6) throw new Error('connection refused')
    })
    notifier.take(alertOf('a'), 'raised')
    await pass(MINUTE)
    expect(told).toHaveLength(1)
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(1)
    expect(times[5] - times[4]).toBeGreaterThan(times[1] - times[0])
    expect(notifier.stats()[0]).toMatchObject({ delivered: 1, retried: 5, failingSince: null })
  })

  it('waits as long as it asks', async () => {
    const { notifier, attempts, reactions, pass } = rig(plain(atOnce))
    reactions.set('ops', () => {
      if (attempts.length === 1) throw new SinkDown('the receiver answered 429', 30_000)
    })
    notifier.take(alertOf('a'), 'raised')
    await pass(29_000)
    expect(attempts).toHaveLength(1)
    await pass(2000)
    expect(attempts).toHaveLength(2)
  })

  it('is told how things are when it is back: each group once, nothing over before it began', async () => {
    const { notifier, told, reactions, pass } = rig(plain({ ...atOnce, groupBy: ['device'] }))
    let isDown = true
    reactions.set('ops', () => {
      if (isDown) throw new Error('down')
    })
    for (const device of ['a', 'b', 'c']) notifier.take(alertOf(device), 'raised')
    await pass(MINUTE)
    notifier.take(resolvedOf(alertOf('b')), 'resolved')
    await pass(10 * MINUTE)
    isDown = false
    await pass(2 * MINUTE)
    expect(told.map(({ groupLabels, status }) => [groupLabels.device, status])).toEqual([
      ['a', 'firing'],
      ['b', 'resolved'],
      ['c', 'firing'],
    ])
  })

  it('gives up what it refuses, as a dead letter that can be offered again', async () => {
    const { notifier, told, attempts, letters, reactions, pass } = rig(
      plain({ ...atOnce, receivers: [ops({ retries: 2 })] }),
    )
    let isRefusing = true
    reactions.set('ops', () => {
      if (isRefusing) throw new SinkRefusal('the receiver answered 422')
    })
    notifier.take(alertOf('a'), 'raised')
    await pass(MINUTE)
    expect(attempts).toHaveLength(3)
    expect(letters).toMatchObject([{ receiver: 'ops', cause: 'the receiver answered 422' }])
    isRefusing = false
    expect(notifier.offer('ops', letters[0].notification)).toBe(true)
    expect(notifier.offer('nobody', letters[0].notification)).toBe(false)
    await pass(1000)
    expect(told.map(({ id }) => id)).toEqual([letters[0].notification.id])
  })

  it('may have a time after which it is given up', async () => {
    const { notifier, letters, reactions, pass } = rig(
      plain({ ...atOnce, receivers: [ops({ giveUpAfter: '1m' })] }),
    )
    reactions.set('ops', () => Promise.reject(new Error('down')))
    notifier.take(alertOf('a'), 'raised')
    await pass(5 * MINUTE)
    expect(letters).toHaveLength(1)
  })

  it('does not answer: the attempt ends with the time limit', async () => {
    const { notifier, attempts, reactions, pass } = rig(
      plain({ ...atOnce, receivers: [ops({ timeout: '3s' })] }),
    )
    reactions.set('ops', () => new Promise(() => undefined))
    notifier.take(alertOf('a'), 'raised')
    await pass(20_000)
    expect(attempts.length).toBeGreaterThan(2)
    expect(notifier.stats()[0].lastError).toBe('no answer within 3000 ms')
  })
})

describe('limits of a receiver', () => {
  it('sums up what is over the rate, and loses none of it', async () => {
    const rate = { notifications: 2, per: '1m' }
    const { notifier, told, pass } = rig(plain({ ...atOnce, groupBy: ['...'], receivers: [ops({ rate })] }))
    for (let i = 0; i < 50; i++) notifier.take(alertOf(`d${i}`), 'raised')
    await pass(5 * MINUTE)
    expect(told.map(({ reason, groups }) => [reason, groups])).toEqual([
      ['news', 1],
      ['news', 1],
      ['summary', 48],
    ])
    expect(told[2].atMs).toBeGreaterThanOrEqual(30_000)
    expect(new Set(told.flatMap((one) => devicesIn(one))).size).toBe(50)
    expect(notifier.stats()[0]).toMatchObject({ delivered: 3, summarised: 48, waiting: 0 })
  })

  it.each(['summarise', 'drop-oldest', 'drop-newest'])(
    'lets no more groups wait than it may: %s',
    async (whenFull) => {
      const queue = { groups: 3, whenFull }
      const { notifier, told, reactions, pass } = rig(
        plain({ ...atOnce, groupBy: ['device'], receivers: [ops({ queue })] }),
      )
      let isDown = true
      reactions.set('ops', () => {
        if (isDown) throw new Error('down')
      })
      notifier.take(alertOf('d0'), 'raised')
      await pass(1000)
      for (let i = 1; i < 6; i++) notifier.take(alertOf(`d${i}`), 'raised')
      await pass(1000)
      isDown = false
      await pass(2 * MINUTE)
      const devices = told.flatMap((one) => devicesIn(one))
      const { dropped, summarised } = notifier.stats()[0]
      if (whenFull === 'summarise') {
        expect([...devices].sort()).toEqual(['d0', 'd1', 'd2', 'd3', 'd4', 'd5'])
        expect([dropped, summarised]).toEqual([0, 5])
      } else {
        expect(devices).toEqual(whenFull === 'drop-oldest' ? ['d0', 'd4', 'd5'] : ['d0', 'd1', 'd2'])
        expect([dropped, summarised]).toEqual([3, 0])
      }
    },
  )

  it('counts alerts that are over and find no room, and says so', async () => {
    const { notifier, told, reactions, pass } = rig(
      plain({ ...atOnce, receivers: [ops({ queue: { resolved: 2 } })] }),
    )
    for (let i = 0; i < 5; i++) notifier.take(alertOf(`d${i}`), 'raised')
    await pass(1000)
    let isDown = true
    reactions.set('ops', () => {
      if (isDown) throw new Error('down')
    })
    for (let i = 0; i < 5; i++) notifier.take(resolvedOf(alertOf(`d${i}`)), 'resolved')
    await pass(5000)
    isDown = false
    await pass(MINUTE)
    expect(told[1]).toMatchObject({ status: 'resolved', resolved: 2, omitted: 3 })
    expect(notifier.stats()[0].omitted).toBe(3)
    expect(notifier.groups(1)).toEqual([])
  })
})

describe('over a restart', () => {
  it('tells what is not known yet, and of what is over that it is; nothing twice', async () => {
    const first = rig(plain({ ...atOnce, groupBy: ['device'] }))
    for (const device of ['stays', 'ends']) first.notifier.take(alertOf(device), 'raised')
    await first.pass(2000)
    const kept = JSON.parse(JSON.stringify(first.notifier.keep())) as ReturnType<typeof first.notifier.keep>
    const second = rig(plain({ ...atOnce, groupBy: ['device'] }), kept)
    second.notifier.reconcile([alertOf('stays'), alertOf('new')], () => undefined)
    await second.pass(5000)
    const told = second.told.map(({ groupLabels, status }) => [groupLabels.device, status])
    expect(told.sort()).toEqual([
      ['ends', 'resolved'],
      ['new', 'firing'],
    ])
    second.notifier.take(resolvedOf(alertOf('stays')), 'resolved')
    await second.pass(5000)
    expect(second.told[2]).toMatchObject({ status: 'resolved', groupLabels: { device: 'stays' } })
  })

  it('gives what may have been told already the same id', async () => {
    const first = rig(plain(atOnce))
    const kept = first.notifier.keep()
    first.notifier.take(alertOf('a'), 'raised')
    first.notifier.take(alertOf('b'), 'raised')
    await first.pass(2000)
    const second = rig(plain(atOnce), kept)
    second.notifier.reconcile([alertOf('b'), alertOf('a')], () => undefined)
    await second.pass(2000)
    expect(second.told[0].id).toBe(first.told[0].id)
  })

  it('keeps what is over and could not be told', async () => {
    const first = rig(plain(atOnce))
    first.notifier.take(alertOf('a'), 'raised')
    await first.pass(2000)
    first.reactions.set('ops', () => Promise.reject(new Error('down')))
    first.notifier.take(resolvedOf(alertOf('a'), 4711), 'resolved')
    await first.pass(2000)
    const second = rig(plain(atOnce), first.notifier.keep())
    second.notifier.reconcile([], () => undefined)
    await second.pass(2000)
    expect(second.told[0]).toMatchObject({ status: 'resolved', alerts: [{ device: 'a', endsAt: 4711 }] })
  })
})
