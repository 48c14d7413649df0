import { describe, expect, it } from 'vitest'
import type { AlertBook, AlertBookOptions } from '../../src/alerts/alert-book.ts'
import { seriesKey } from '../../src/core/ids.ts'
import { openBook, raise } from './open-book.ts'

const book = (options: Partial<AlertBookOptions> = {}): AlertBook => openBook(undefined, options).book

describe('AlertBook', () => {
  it('opens an alert with everything there is to say of it', () => {
    expect(book().raise(raise())).toEqual({
      id: 'anomaly:abc0002:1000',
      rule: 'anomaly',
      key: 'pump-7/temperature',
      series: String(0xabc * 65536 + 2),
      device: 'pump-7',
      metric: 'temperature',
      region: 'eu',
      severity: 'medium',
      state: 'firing',
      message: 'far out',
      startsAt: 1000,
      updatedAt: 1000,
      endsAt: null,
      value: 90,
      score: -7,
      peak: 7,
      count: 1,
      replayed: false,
      labels: {
        ...{ rule: 'anomaly', severity: 'medium', device: 'pump-7', metric: 'temperature', region: 'eu' },
        ...{ key: 'pump-7/temperature', tier: 'premium', tenant: 'acme' },
      },
      acknowledged: null,
      suppressedBy: [],
      escalation: 0,
      evidence: [{ time: 1000, value: 90, mean: null, deviation: null, score: -7 }],
    })
  })

  it('names a device and a metric that nobody has named by their ids', () => {
    expect(book().raise(raise({ series: seriesKey(0xdef, 9) }))).toMatchObject({
      device: '#def',
      metric: '#9',
    })
  })

  it('tells groups of pipelines apart by their keys, also after a restart', () => {
    const alerts = book()
    const ofDevice = { rule: 'too-warm', series: 0xabcn << 16n }
    alerts.raise(raise({ ...ofDevice, key: 'pump-7, door' }))
    alerts.raise(raise({ ...ofDevice, key: 'pump-7, cellar' }))
    alerts.raise(raise({ rule: 'too-warm', series: 0n, key: 'eu' }))
    expect(alerts.open().map(({ id, key, device, metric }) => [id, key, device, metric])).toEqual([
      ['too-warm:pump-7, door:1000', 'pump-7, door', 'pump-7', ''],
      ['too-warm:pump-7, cellar:1000', 'pump-7, cellar', 'pump-7', ''],
      ['too-warm:eu:1000', 'eu', '', ''],
    ])
    const later = book()
    later.restore(alerts.open())
    expect(later.clear({ ...ofDevice, key: 'pump-7, door', time: 2000 })).toMatchObject({ state: 'resolved' })
    expect(later.clear({ ...ofDevice, key: 'pump-7, door', time: 2000 })).toBeUndefined()
    expect(later.raise(raise({ rule: 'too-warm', series: 0n, key: 'eu' }))?.count).toBe(2)
    expect(later.counts.open).toBe(2)
  })

  it('adds to the open alert, keeping the worst severity, the peak and the latest time', () => {
    const alerts = book()
    alerts.raise(raise({ severity: 'high' }))
    alerts.raise(raise({ time: 3000, score: 9, value: 1 }))
    const late = alerts.raise(raise({ time: 2000, score: 8, value: 2, severity: 'low', message: 'now' }))
    expect(late).toMatchObject({ count: 3, severity: 'high', peak: 9, score: 8, value: 2, message: 'now' })
    expect(late).toMatchObject({ startsAt: 1000, updatedAt: 3000, id: 'anomaly:abc0002:1000' })
    expect(alerts.counts).toEqual({ open: 1, raised: 1, notOpened: 0 })
  })

  it('closes with the reading that cleared it, never before it began', () => {
    const alerts = book()
    alerts.raise(raise())
    const closed = alerts.clear({ ...raise(), time: 500, value: 20, score: 0.1 })
    expect(closed).toMatchObject({
      state: 'resolved',
      startsAt: 1000,
      endsAt: 1000,
      value: 20,
      score: 0.1,
      peak: 7,
    })
    expect(alerts.clear(raise())).toBeUndefined()
    expect(alerts.counts).toEqual({ open: 0, raised: 1, notOpened: 0 })
  })

  it('keeps rules and series apart', () => {
    const alerts = book()
    alerts.raise(raise())
    alerts.raise(raise({ rule: 'custom' }))
    alerts.raise(raise({ series: seriesKey(0xabc, 3) }))
    alerts.clear({ rule: 'custom', series: seriesKey(0xabc, 2), time: 2000 })
    expect(alerts.counts).toMatchObject({ open: 2, raised: 3 })
    expect(alerts.openAlert('anomaly', seriesKey(0xabc, 3))?.metric).toBe('#3')
    expect(alerts.openAlert('custom', seriesKey(0xabc, 2))).toBeUndefined()
  })

  it('counts what it does not open, and goes on updating what is open', () => {
    const alerts = book({ maxOpen: 1 })
    alerts.raise(raise())
    expect(alerts.raise(raise({ series: 1n }))).toBeUndefined()
    expect(alerts.raise(raise())?.count).toBe(2)
    expect(alerts.counts).toEqual({ open: 1, raised: 1, notOpened: 1 })
    alerts.clear(raise())
    expect(alerts.raise(raise({ series: 1n }))).toBeDefined()
  })

  it('lists the latest changes first, by state, keeping a bounded history', () => {
    const alerts = book()
    for (let i = 1; i <= 5; i++) {
      alerts.raise(raise({ series: BigInt(i), time: i * 10 }))
      alerts.clear({ rule: 'anomaly', series: BigInt(i), time: i * 10 + 1 })
    }
    alerts.raise(raise({ series: 7n, time: 45 }))
    const series = (...listed: Parameters<AlertBook['recent']>): string[] =>
      alerts.recent(...listed).map((alert) => alert.series)
    expect(series(10)).toEqual(['7', '5', '4', '3'])
    expect(series(2)).toEqual(['7', '5'])
    expect(series(10, 'firing')).toEqual(['7'])
    expect(series(10, 'resolved')).toEqual(['5', '4', '3'])
  })

  it('tells its subscribers of each change until they leave', () => {
    const alerts = book()
    const seen: string[] = []
    const leave = alerts.subscribe((alert, change) => seen.push(`${change} ${alert.count}`))
    alerts.raise(raise())
    alerts.raise(raise())
    alerts.clear(raise())
    alerts.clear(raise())
    leave()
    alerts.raise(raise())
    expect(seen).toEqual(['raised 1', 'updated 2', 'resolved 2'])
  })

  it('keeps a message up to a length', () => {
    const alerts = book()
    expect(alerts.raise(raise({ message: 'x'.repeat(5000) }))?.message.length).toBe(1024)
    expect(alerts.raise(raise({ message: 'y'.repeat(5000) }))?.message).toBe('y'.repeat(1024))
  })

  it('has no number that JSON can not say', () => {
    const alert = book().raise(raise({ score: -Infinity, value: NaN }))
    expect(alert).toMatchObject({ score: -Number.MAX_VALUE, peak: Number.MAX_VALUE, value: 0 })
  })
})
