import { describe, expect, it } from 'vitest'
import type { Admitted } from '../../src/reservations/reservation-book.ts'
import { DAY, device, fleet, HOUR, MINUTE, spec, START, world } from './rig.ts'

const refused = (answer: Admitted) => {
  if (answer.ok) throw new Error('was admitted')
  return answer
}
const clock = (at: number): string => new Date(at).toISOString().slice(8, 16)

describe('admission', () => {
  it('takes what fits, and tells', () => {
    const { add, told, state } = world()
    const admitted = add(spec('a', { capacity: { units: 3 } }))
    expect(admitted).toMatchObject({ ok: true, job: { status: 'SCHEDULED', units: 3, past: [] } })
    expect(told('a')).toEqual(['scheduled'])
    expect(state.changes).toBeGreaterThan(0)
  })

  it('refuses what shares a device with another at that time, and names job and device', () => {
    const { add } = world({ devices: [device('x'), device('y', { tenant: 'other' })] })
    add(spec('a', { devices: ['tenant=acme'] }))
    const { cause, reason, nearest } = refused(add(spec('b', { devices: ['device=x'] })))
    expect([cause, reason]).toEqual(['devices', 'a works on x, too, then'])
    // 01:00 to 02:00 is taken
    expect(nearest.map(clock)).toEqual(['04T02:00', '04T00:00', '04T02:15'])
    expect(add(spec('c', { devices: ['device=y'] })).ok).toBe(true)
    expect(add(spec('d', { devices: ['device=z'] })).ok).toBe(true)
    expect(add(spec('e')).ok).toBe(true)
  })

  it('lets one begin when the other is over', () => {
    const { add } = world({ devices: fleet(1) })
    add(spec('a', { devices: ['tenant=acme'] }))
    expect(add(spec('b', { devices: ['tenant=acme'], startsAt: START + 2 * HOUR })).ok).toBe(true)
  })

  it('refuses what needs the same exclusive resource at that time', () => {
    const { add } = world()
    add(spec('a', { resources: ['database', 'ladder'] }))
    expect(refused(add(spec('b', { resources: ['ladder'] })))).toMatchObject({
      ...{ cause: 'resource', reason: 'a uses ladder then' },
    })
    expect(add(spec('c', { resources: ['crane'] })).ok).toBe(true)
  })

  it('refuses what would run beside or before what it depends on', () => {
    const { add } = world()
    add(spec('a', { startsAt: START + 3 * HOUR }))
    const beside = refused(add(spec('b', { dependsOn: ['a'], startsAt: START + 3 * HOUR })))
    expect(beside.cause).toBe('dependency')
    expect(beside.nearest.map(clock)).toEqual(['04T04:00', '04T04:15', '04T04:30'])
    const before = refused(add(spec('b', { dependsOn: ['a'] })))
    expect(before.reason).toBe('what it depends on is not over before 2027-01-04T04:00:00.000Z')
    expect(add(spec('b', { dependsOn: ['a'], startsAt: START + 4 * HOUR })).ok).toBe(true)
  })

  it('lets what recurs depend on what recurs, beside none of its windows', async () => {
    const { add, pass } = world()
    const nightly = { rrule: 'FREQ=DAILY' }
    add(spec('a', { ...nightly, unreported: 'SUCCEEDED' }))
    await pass(3 * HOUR)
    const beside = add(spec('b', { ...nightly, dependsOn: ['a'], startsAt: START + DAY + 90 * MINUTE }))
    expect(refused(beside).reason).toBe('a, on which it depends, is not over then')
    expect(add(spec('b', { ...nightly, dependsOn: ['a'], startsAt: START + 4 * HOUR })).ok).toBe(true)
  })

  it('refuses more than there can be beside the load, with the numbers and when it would fit', () => {
    const { add, state } = world()
    // from 01:00 to 04:00 the load needs nearly everything
    state.needed = (from, until) => (until > START + HOUR && from < START + 4 * HOUR ? 8.5 : 2)
    const { cause, reason, nearest } = refused(
      add(spec('a', { capacity: { share: 0.2 }, startsAt: START + 2 * HOUR })),
    )
    expect(cause).toBe('capacity')
    expect(reason).toBe(
      '2 units are wanted, but at 2027-01-04T01:55:00.000Z the load needs 8.5 and other maintenance 0 of at most 10',
    )
    // earlier it would have to be over at 01:00; later its capacity is needed five minutes before
    expect(nearest.map(clock)).toEqual(['04T00:00', '04T04:15', '04T04:30'])
    expect(add(spec('b', { capacity: { units: 1.5 }, startsAt: START + 2 * HOUR })).ok).toBe(true)
  })

  it('counts what is set apart for others, at the fullest instant', () => {
    const { add, state } = world()
    state.needed = () => 3
    add(spec('a', { capacity: { units: 3 } }))
    add(spec('b', { capacity: { units: 3 }, startsAt: START + 3 * HOUR }))
    expect(add(spec('c', { capacity: { units: 4 }, durationMs: 4 * HOUR })).ok).toBe(true)
    expect(refused(add(spec('d', { capacity: { units: 1 } }))).reason).toContain(
      'other maintenance 7 of at most 10',
    )
  })

  it('judges all windows of what recurs', () => {
    const { add } = world()
    add(spec('a', { resources: ['crane'], startsAt: START + 7 * DAY + HOUR }))
    const { nearest } = refused(add(spec('b', { resources: ['crane'], rrule: 'FREQ=WEEKLY' })))
    expect(nearest.map(clock)).toEqual(['04T02:00', '04T00:00', '04T02:15'])
    expect(
      add(spec('c', { resources: ['crane'], rrule: 'FREQ=WEEKLY', startsAt: START + 2 * HOUR })).ok,
    ).toBe(true)
    expect(
      refused(add(spec('d', { resources: ['crane'], startsAt: START + 14 * DAY + 2 * HOUR }))).cause,
    ).toBe('resource')
  })

  it('says so when no time fits', () => {
    const { add, state } = world()
    state.needed = () => 10
    expect(refused(add(spec('a', { capacity: { units: 1 } }))).nearest).toEqual([])
  })

  it('begins what recurs with the next time that is to come', () => {
    const { book, add } = world()
    add(spec('a', { startsAt: START - 3 * DAY + HOUR, rrule: 'FREQ=DAILY' }))
    expect(book.get('a').window?.startsAt).toBe(START + HOUR)
  })

  it.each([
    ['a time that has passed', spec('b', { startsAt: START - 1 }), 'startsAt: its time has passed'],
    [
      'windows longer than what is between',
      spec('b', { rrule: 'FREQ=DAILY', durationMs: 25 * HOUR }),
      'durationMs',
    ],
    ['a name that is taken', spec('a'), 'there is a maintenance a already'],
    [
      'a hook that is not there',
      spec('b', { hook: 'none' }),
      `hook: there is no "none"; allowed: '', flash, webhook`,
    ],
    [
      'to wait for what is not there',
      spec('b', { dependsOn: ['x'] }),
      'dependsOn: there is no maintenance "x" to come',
    ],
    ['to wait for itself', spec('b', { dependsOn: ['b'] }), 'dependsOn: there is no maintenance "b"'],
    ['devices that are none', spec('b', { devices: ['all'] }), 'devices[0]: "all" is not allowed'],
    ['a rule that is none', spec('b', { rrule: 'daily' }), 'rrule: "daily" is not allowed'],
    ['too many devices', spec('b', { devices: ['tenant=acme'] }), '5 devices match; allowed: 4'],
  ])('refuses %s', (_, wrong, why) => {
    const { add } = world({ devices: fleet(5), limits: { devices: 4 } })
    add(spec('a'))
    expect(() => add(wrong)).toThrow(why)
  })

  it('refuses more jobs than are allowed, and forgets the oldest that have ended', () => {
    const { add, book } = world({ limits: { jobs: 2 } })
    add(spec('a'))
    add(spec('b'))
    expect(() => add(spec('c'))).toThrow('2 jobs have not ended; allowed: 2')
    for (const name of ['a', 'b']) book.cancel(name, { reason: 'no' })
    for (const name of ['c', 'd']) {
      add(spec(name))
      book.cancel(name, { reason: 'no' })
    }
    expect(book.list().map(({ spec }) => spec.name)).toEqual(['d', 'c', 'b'])
  })

  it('lets nothing wait for what waits for it', () => {
    const { add, book } = world()
    add(spec('a', { unreported: 'SUCCEEDED' }))
    add(spec('b', { dependsOn: ['a'], startsAt: START + 3 * HOUR }))
    add(spec('c', { dependsOn: ['b'], startsAt: START + 5 * HOUR }))
    book.cancel('a', { reason: 'no' })
    expect(() => add(spec('d', { dependsOn: ['a'] }))).toThrow('there is no maintenance "a" to come')
    expect(() => add(spec('a', { dependsOn: ['c'], startsAt: START + 9 * HOUR }))).toThrow(
      'dependsOn: c depends on a itself',
    )
  })

  it('is not there to be asked for what it does not know', () => {
    const { book } = world()
    for (const ask of [
      () => book.get('x'),
      () => book.cancel('x', { reason: '' }),
      () => book.start('x'),
      () => book.report('x', { status: 'SUCCEEDED' }),
      () => book.executions('x'),
    ])
      expect(ask).toThrow('there is no maintenance "x"')
  })

  it('lists the next first', () => {
    const { add, book } = world()
    add(spec('late', { startsAt: START + 9 * HOUR }))
    add(spec('soon'))
    add(spec('off'))
    book.cancel('off', { reason: 'no' })
    add(spec('later', { startsAt: START + 10 * HOUR }))
    expect(book.list().map(({ spec, status }) => [spec.name, status])).toEqual([
      ...[
        ['soon', 'SCHEDULED'],
        ['late', 'SCHEDULED'],
        ['later', 'SCHEDULED'],
        ['off', 'CANCELED'],
      ],
    ])
  })
})

describe('capacity that is set apart', () => {
  it('is held from the lead time before a window to its end, with its use', () => {
    const { add, book } = world()
    add(spec('a', { capacity: { share: 0.25 }, use: 'idle' }))
    expect(book.between(START, START + DAY)).toEqual([
      {
        ...{
          id: `a@${START + HOUR}`,
          from: START + 55 * MINUTE,
          until: START + 2 * HOUR,
          units: 2.5,
          use: 'idle',
        },
        reason: 'maintenance a (firmware-update)',
      },
    ])
    expect(book.between(START, START + 55 * MINUTE)).toEqual([])
    expect(book.between(START, START + 55 * MINUTE + 1)).toHaveLength(1)
    expect(book.between(START + 2 * HOUR - 1, START + DAY)).toHaveLength(1)
    expect(book.between(START + 2 * HOUR, START + DAY)).toEqual([])
  })

  it('is held for every window of what recurs, the earliest first', () => {
    const { add, book } = world()
    add(spec('b', { capacity: { units: 1 }, rrule: 'FREQ=DAILY', startsAt: START + 3 * HOUR }))
    add(spec('a', { capacity: { units: 1 }, rrule: 'FREQ=DAILY;COUNT=2' }))
    const ids = book.between(START, START + 3 * DAY).map(({ id, from }) => `${id[0]} ${clock(from)}`)
    expect(ids).toEqual(['a 04T00:55', 'b 04T02:55', 'a 05T00:55', 'b 05T02:55', 'b 06T02:55'])
  })

  it('is not held for what has been called off or asks for none', () => {
    const { add, book } = world()
    add(spec('a', { capacity: { units: 1 } }))
    add(spec('b'))
    book.cancel('a', { reason: 'no' })
    expect(book.between(START, START + DAY)).toEqual([])
  })

  it('is given back as soon as all is done', async () => {
    const { add, book, pass } = world()
    add(spec('a', { capacity: { units: 1 } }))
    await pass(HOUR)
    expect(book.between(START + HOUR, START + DAY)).toHaveLength(1)
    book.report('a', { status: 'SUCCEEDED' })
    expect(book.between(START + HOUR, START + DAY)).toEqual([])
  })
})
