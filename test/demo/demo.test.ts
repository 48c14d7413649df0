import { describe, expect, it } from 'vitest'
import { engineConfig, runDemo } from '../../examples/demo/demo.js'
import { demoOptions } from '../../examples/demo/options.js'
import { loadStations } from '../../examples/demo/stations.js'
import { alertOf, FakeEngine } from './fake-engine.ts'

class Output {
  text = ''
  readonly isTTY: boolean
  readonly columns = 100
  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }
  write(text: string): void {
    this.text += text
  }
}

/** Acts as soon as it is so, however long the fleet takes to begin. */
function when(isSo: () => boolean, act: () => void): void {
  const timer = setInterval(() => {
    if (!isSo()) return
    clearInterval(timer)
    act()
  }, 20)
}

const run = (
  engine: FakeEngine,
  args: string[],
  out = new Output(false),
  signal = new AbortController().signal,
) => runDemo(demoOptions(args), async () => engine, out, signal)

describe('the demo', () => {
  it('streams real data from a process of its own and agrees with the engine about every reading', async () => {
    const engine = new FakeEngine()
    engine.refuseEvery = 7
    const out = new Output(false)
    const abort = new AbortController()
    const quakes = () => [...engine.values.keys()].filter((key) => /^quake-\w+\/magnitude$/.test(key))
    const measured = loadStations(100).find(({ name }) => name.startsWith('cold-store'))!
    const sent = () => engine.values.get(`${measured.name}/temperature`) ?? []
    const isEnough = () =>
      sent().length > 10 &&
      engine.frames.json > 20 &&
      engine.frames.binary > 40 &&
      engine.accepted > 1000 &&
      engine.malformed > 2 &&
      quakes().length > 10
    when(isEnough, () => abort.abort())
    const args = ['--duration', '100', '--json', '--stations', '100']
    const { fleet, stats } = await run(engine, args, out, abort.signal)
    expect(out.text).toBe('')
    expect(fleet.stations).toBe(100)
    expect(fleet.earthquakes).toBeGreaterThan(10)
    expect(fleet.accepted).toBeGreaterThan(1000)
    expect(fleet.accepted).toBe(stats.account.accepted)
    expect(fleet.sent).toBe(fleet.accepted + fleet.refused + fleet.unanswered)
    expect(fleet.refused).toBeGreaterThan(0)
    expect(fleet.resent).toBeGreaterThan(0)
    expect(fleet.broken).toBeGreaterThan(2)
    expect(fleet.malformedReplies).toBe(stats.account.malformed)
    expect(engine.frames.json).toBeGreaterThan(20)
    expect(engine.frames.binary).toBeGreaterThan(20)
    const temperatures = new Set(measured.recording.series[0].values)
    expect(sent().every((value) => temperatures.has(value))).toBe(true)
    expect(new Set(engine.devices.values())).toEqual(new Set(['standard', 'bulk']))
    expect(quakes().length).toBeGreaterThan(10)
  })

  it('ends in order when it is interrupted: fleet first, then engine, then a summary', async () => {
    const engine = new FakeEngine()
    const out = new Output(true)
    const abort = new AbortController()
    const isShown = (what: string) => out.text.includes(what)
    when(
      () => engine.frames.binary > 0 && isShown('\x1b['),
      () => engine.emit('alert', alertOf()),
    )
    when(
      () => isShown('cold-store-ATL'),
      () => abort.abort(),
    )
    const report = await run(engine, ['--stations', '50'], out, abort.signal)
    expect(engine.closed).toBe(true)
    expect(engine.connectionsWhenClosed).toBe(0)
    expect(report.alerts).toEqual([alertOf()])
    expect(out.text).toContain('\x1b[')
    expect(out.text).toContain('cold-store-ATL')
    expect(out.text).toMatch(/engine: received .*\n +processed .*\nfleet: {2}stations 50/)
  })

  it('ends in order even if it is interrupted before the fleet has begun', async () => {
    const engine = new FakeEngine()
    const report = await run(engine, ['--duration', '60', '--json'], new Output(false), AbortSignal.abort())
    expect(engine.closed).toBe(true)
    expect(report.fleet.unanswered).toBe(0)
  })

  it('says so if the fleet cannot begin', async () => {
    const engine = new FakeEngine()
    engine.refuseDevices = true
    await expect(run(engine, ['--duration', '60', '--json'])).rejects.toThrow('the fleet ended early')
    expect(engine.closed).toBe(true)
  })

  it('prints plain lines where there is no terminal', async () => {
    const out = new Output(false)
    const { durationSeconds } = await run(new FakeEngine(), ['--duration', '2', '--stations', '20'], out)
    expect(durationSeconds).toBeGreaterThanOrEqual(1.9)
    expect(out.text).not.toContain('\x1b')
    expect(out.text).toMatch(/\d s {2}[\d,]+ readings\/s {2}p99: critical/)
  })

  it('keeps an alert once, in its latest state', async () => {
    const engine = new FakeEngine()
    const abort = new AbortController()
    when(
      () => engine.listenerCount('alert') > 0,
      () => {
        engine.emit('alert', alertOf())
        engine.emit('alert', alertOf({ id: 'a-2' }))
        engine.emit('alert', alertOf({ state: 'resolved', endsAt: 5 }))
        abort.abort()
      },
    )
    const args = ['--duration', '100', '--json', '--stations', '20']
    const { alerts } = await run(engine, args, new Output(false), abort.signal)
    expect(alerts.map(({ id, state }) => [id, state])).toEqual([
      ['a-1', 'resolved'],
      ['a-2', 'firing'],
    ])
  })

  it('gives each kind of device its tier by a rule', () => {
    const { rules } = engineConfig(0)
    for (const { name, tier } of loadStations(200)) {
      expect(rules.find(({ match }) => name.startsWith(match.slice(0, -1)))?.tier).toBe(tier)
    }
  })
})

describe('demoOptions', () => {
  it.each([
    [['--duration', '0'], '--duration 0: expected a whole number from 1'],
    [['--port', 'x'], '--port x: expected a whole number from 0 to 65535'],
    [['--stations', '3'], '--stations 3: expected a whole number from 20'],
    [['--json'], '--json needs --duration'],
    [['--colour'], "Unknown option '--colour'"],
    [['stray'], 'stray'],
  ])('refuses %j', (args, message) => {
    expect(() => demoOptions(args)).toThrow(message)
  })
})
