import { describe, expect, it } from 'vitest'
import { seriesKey } from '../../src/core/ids.ts'
import { MINUTE, openBook, raise } from './open-book.ts'

const ID = 'anomaly:abc0002:1000'

describe('pending alerts', () => {
  it('fire when their condition has held long enough, by the clock', () => {
    const { book, news, pass } = openBook()
    book.raise(raise({ forMs: MINUTE }))
    expect(book.get(ID)).toMatchObject({ state: 'pending' })
    expect(book.counts.raised).toBe(0)
    pass(MINUTE - 1)
    expect(news()).toEqual(['pending pump-7 pending'])
    pass(1)
    expect(news()).toEqual(['raised pump-7'])
    expect(book.get(ID)).toMatchObject({ state: 'firing', startsAt: 1000 })
    expect(book.counts.raised).toBe(1)
  })

  it('fire when readings say so, however little time has passed', () => {
    const { book, news } = openBook()
    book.raise(raise({ forMs: MINUTE }))
    book.raise(raise({ forMs: MINUTE, time: MINUTE }))
    book.raise(raise({ forMs: MINUTE, time: 1000 + MINUTE }))
    expect(news()).toEqual(['pending pump-7 pending', 'updated pump-7 pending', 'raised pump-7'])
    expect(book.get(ID)).toMatchObject({ state: 'firing', count: 3, evidence: { length: 3 } })
  })

  it('end without anybody being told when the condition goes, and are not kept', () => {
    const { book, news, pass } = openBook()
    book.raise(raise({ forMs: MINUTE }))
    book.clear(raise())
    pass(2 * MINUTE)
    expect(news()).toEqual(['pending pump-7 pending', 'resolved pump-7 pending'])
    expect(book.recent(10)).toEqual([])
    expect(book.counts).toEqual({ open: 0, raised: 0, notOpened: 0 })
  })

  it('wait for whoever keeps the time for them', () => {
    const { book, news, pass } = openBook()
    book.raise(raise({ pending: true }))
    pass(60 * MINUTE)
    book.raise(raise({ pending: true }))
    book.raise(raise())
    expect(news()).toEqual(['pending pump-7 pending', 'updated pump-7 pending', 'raised pump-7'])
  })

  it('speak for nobody until they fire', () => {
    const inhibitions = [{ source: ['rule=a'], target: ['rule=b'] }]
    const { book, news } = openBook({ inhibitions, flapping: { changes: 0 } })
    book.raise(raise({ rule: 'b' }))
    book.raise(raise({ rule: 'a', pending: true }))
    expect(news()).toEqual(['raised pump-7', 'pending pump-7 pending'])
    book.raise(raise({ rule: 'a' }))
    expect(news()).toEqual(['raised pump-7', 'suppressed pump-7 inhibited:a:abc0002:1000'])
  })
})

describe('acknowledgements', () => {
  it('are kept with the alert, told, and can be taken back', () => {
    const { book, desk, news, clock } = openBook()
    book.raise(raise())
    const acknowledged = { by: 'ann', at: clock.epochMs(), comment: 'on my way' }
    expect(desk.acknowledge(ID, { by: 'ann', comment: 'on my way' })).toMatchObject({ acknowledged })
    expect(book.standings).toMatchObject({ acknowledged: { medium: 1 }, firing: { medium: 0 } })
    expect(desk.unacknowledge(ID).acknowledged).toBeNull()
    expect(news()).toEqual(['raised pump-7', 'acknowledged pump-7', 'updated pump-7'])
    desk.acknowledge(ID, { by: 'ann' })
    expect(book.clear(raise())).toMatchObject({ state: 'resolved', acknowledged: { by: 'ann' } })
  })

  it('say what is wrong', () => {
    const { book, desk } = openBook()
    book.raise(raise())
    expect(() => desk.acknowledge('nope', { by: 'ann' })).toThrow('there is no alert "nope"')
    expect(() => desk.acknowledge(ID, { by: '' })).toThrow('by, comment: allowed')
    book.clear(raise())
    expect(() => desk.acknowledge(ID, { by: 'ann' })).toThrow('has ended at 1000')
  })
})

describe('escalations', () => {
  const escalations = [
    {
      match: ['rule="anomaly"'],
      steps: [
        { afterMs: 5 * MINUTE, severity: 'high' as const },
        { afterMs: 10 * MINUTE, severity: 'critical' as const, labels: { team: 'on-call' } },
      ],
    },
  ]
  const open = () => openBook({ escalations, flapping: { changes: 0 } })

  it('make an alert that nobody acknowledges worse, and change who hears of it', () => {
    const { book, news, pass } = open()
    book.raise(raise())
    book.raise(raise({ rule: 'other' }))
    pass(5 * MINUTE)
    expect(book.get(ID)).toMatchObject({ severity: 'high', escalation: 1, labels: { severity: 'high' } })
    book.raise(raise())
    pass(60 * MINUTE)
    expect(book.get(ID)).toMatchObject({ severity: 'critical', escalation: 2, labels: { team: 'on-call' } })
    expect(news().filter((words) => words.startsWith('escalated'))).toHaveLength(2)
  })

  it('take both steps when nobody has looked for that long', () => {
    const { book, news, pass } = open()
    book.raise(raise())
    pass(60 * MINUTE)
    expect(news()).toEqual(['raised pump-7', 'escalated pump-7', 'escalated pump-7'])
  })

  it('stop with an acknowledgement and begin anew when it is taken back', () => {
    const { book, desk, news, pass } = open()
    book.raise(raise())
    pass(4 * MINUTE)
    desk.acknowledge(ID, { by: 'ann' })
    pass(60 * MINUTE)
    desk.unacknowledge(ID)
    pass(4 * MINUTE)
    news()
    pass(MINUTE)
    expect(news()).toEqual(['escalated pump-7'])
  })

  it('do not run while the alert is not told', () => {
    const { book, desk, news, pass, clock } = open()
    book.raise(raise())
    desk.hold({ matchers: ['rule=anomaly'], until: clock.epochMs() + 60 * MINUTE, reason: '' })
    pass(60 * MINUTE)
    expect(news().at(-1)).toBe('released pump-7')
    pass(5 * MINUTE - 1)
    expect(news()).toEqual([])
    pass(1)
    expect(news()).toEqual(['escalated pump-7'])
  })

  it('end with the alert', () => {
    const { book, news, pass } = open()
    book.raise(raise())
    book.clear(raise())
    pass(60 * MINUTE)
    expect(news()).toEqual(['raised pump-7', 'resolved pump-7'])
  })
})

describe('flapping', () => {
  const flapping = { changes: 4, calmChanges: 1, withinMs: 10 * MINUTE }

  /** Raises and clears it so often, a second apart. */
  function flap({ book, pass }: ReturnType<typeof openBook>, times: number): void {
    for (let i = 0; i < times; i++) {
      pass(1000)
      book.raise(raise({ time: 1000 + i }))
      pass(1000)
      book.clear(raise({ time: 1001 + i }))
    }
  }

  it('is not told; whoever was told of a beginning is told of its end', () => {
    const opened = openBook({ flapping })
    flap(opened, 4)
    expect(opened.news()).toEqual([
      ...['raised pump-7', 'resolved pump-7', 'raised pump-7', 'resolved pump-7'],
      ...['raised pump-7 flapping', 'resolved pump-7 flapping', 'raised pump-7 flapping'],
      'resolved pump-7 flapping',
    ])
  })

  it('is told once when it calms: that it has ended', () => {
    const opened = openBook({ flapping })
    flap(opened, 3)
    opened.news()
    opened.pass(10 * MINUTE - 2000)
    expect(opened.news()).toEqual([])
    opened.pass(2000)
    expect(opened.news()).toEqual(['released pump-7'])
    expect(opened.book.recent(1)).toMatchObject([{ state: 'resolved', suppressedBy: [] }])
    opened.pass(60 * MINUTE)
    opened.book.raise(raise())
    expect(opened.news()).toEqual(['raised pump-7'])
  })

  it('is told once when it calms: that it fires', () => {
    const opened = openBook({ flapping })
    flap(opened, 3)
    opened.book.raise(raise({ time: 5000 }))
    opened.news()
    opened.pass(10 * MINUTE)
    expect(opened.news()).toEqual(['released pump-7'])
  })

  it('does not begin when changes come slowly, nor by updates', () => {
    const { book, pass, news } = openBook({ flapping })
    for (let i = 0; i < 10; i++) {
      pass(6 * MINUTE)
      book.raise(raise({ time: i }))
      book.raise(raise({ time: i }))
      book.clear(raise({ time: i }))
    }
    expect(news().filter((words) => words.includes('flapping'))).toEqual([])
  })

  it('ends later than it began: a change now and then keeps it up', () => {
    const opened = openBook({ flapping })
    flap(opened, 3)
    opened.news()
    for (let i = 0; i < 5; i++) {
      opened.pass(8 * MINUTE)
      opened.book.raise(raise({ time: 10_000 + i }))
      opened.book.clear(raise({ time: 10_000 + i }))
    }
    expect(opened.news().filter((words) => !words.includes('flapping'))).toEqual([])
  })
})

describe('evidence', () => {
  it('has how it began and the latest, with what was usual then', () => {
    const { book } = openBook()
    for (let i = 0; i < 20; i++) book.raise(raise({ time: i, value: i, mean: 3, deviation: 0.5 }))
    const [alert] = book.open()
    expect(alert.evidence.map(({ time }) => time)).toEqual([0, 1, 2, 15, 16, 17, 18, 19])
    expect(alert.evidence[0]).toEqual({ time: 0, value: 0, mean: 3, deviation: 0.5, score: -7 })
    book.clear(raise({ time: 30 }))
    expect(book.recent(1)[0].evidence).toHaveLength(8)
  })
})

describe('lists', () => {
  it('are filtered, and read page by page while alerts change', () => {
    const { book, desk } = openBook(undefined, { maxOpen: 100, history: 100 })
    for (let i = 1; i <= 20; i++) book.raise(raise({ series: seriesKey(i, 2), time: i }))
    for (let i = 1; i <= 20; i += 2) book.clear(raise({ series: seriesKey(i, 2), time: 50 }))
    book.raise(raise({ series: seriesKey(20, 2), time: 60 }))
    const devices: string[] = []
    let before: number | undefined
    do {
      const page = desk.list({ limit: 7, before })
      devices.push(...page.alerts.map(({ device }) => device))
      before = page.next ?? undefined
      book.raise(raise({ series: seriesKey(20, 2), time: 60 }))
    } while (before !== undefined)
    expect(devices).toHaveLength(20)
    expect(new Set(devices).size).toBe(20)
    expect(desk.list({ state: 'resolved' }).alerts).toHaveLength(10)
    expect(desk.list({ device: '#4' }).alerts).toHaveLength(1)
    expect(desk.list({ matchers: ['device=~"#[24]"'] }).alerts.map(({ device }) => device)).toEqual([
      '#4',
      '#2',
    ])
    expect(desk.list({ acknowledged: true }).alerts).toEqual([])
    expect(() => desk.list({ limit: 0 })).toThrow('limit: 0')
  })
})

describe('changes made while one is told', () => {
  it('are told after it, to everybody', () => {
    const { book, desk, news } = openBook()
    book.subscribe(({ id }, change) => {
      if (change === 'raised') desk.acknowledge(id, { by: 'robot' })
    })
    const later: string[] = []
    book.subscribe((_, change) => later.push(change))
    book.raise(raise())
    expect(later).toEqual(['raised', 'acknowledged'])
    expect(news()).toEqual(['raised pump-7', 'acknowledged pump-7'])
  })
})
