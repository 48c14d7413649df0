import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { copyOf, Heard, inOrder, PROGRAM, urlOf } from './heard.ts'
import { counting } from './recorded.ts'
import { isIdle, moment, startEngine, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-changing-'))
afterAll(() => rmSync(folder, { recursive: true }))

const START = Date.parse('2026-01-01T00:00:00Z')
const url = (options: Record<string, string | number> = {}): string => copyOf(folder, 'changing', options)
const one = (engine: Engine) => engine.pipelines.list()[0]

/** `count` readings of ten devices with values from `first` on, within a minute of event time. */
async function send(engine: Engine, first: number, count: number): Promise<void> {
  const readings = counting(count, first).map((value) => ({
    ...{ device: `d${value % 10}`, metric: 'value', value, time: START + value },
  }))
  expect((await engine.ingest(readings)).accepted).toBe(count)
}

async function closeMinute(engine: Engine): Promise<void> {
  const last = counting(10).map((i) => ({
    ...{ device: `d${i}`, metric: 'value', value: -1, time: START + 100_000 },
  }))
  await engine.ingest(last)
  await until(() => isIdle(engine), 'all worked through')
}

describe('pipelines that change while readings flow', () => {
  it('show each reading to the old or the new one, and keep their state', async () => {
    const engine = await startEngine({ pipelines: [url({ mark: 0 })], pool: { size: 2 } })
    const heard = new Heard(engine)
    let sent = 0
    let isDone = false
    const sending = (async () => {
      for (; !isDone && sent < 50_000; sent += 100) {
        await send(engine, sent, 100)
        await moment(5)
      }
    })()
    for (const mark of counting(4, 1)) await engine.pipelines.start(url({ mark }))
    isDone = true
    await sending
    await closeMinute(engine)
    const isAll = () =>
      heard.count('seen') >= sent + 10 && heard.count('minutes') >= 10 && heard.count('pairs') >= sent / 2
    await until(isAll, 'all said')
    // a match may have begun before a change and ended behind it
    const pairs = counting(sent / 2).map((i) => 20 * Math.floor(i / 10) + (i % 10))
    expect(inOrder(heard.items('pairs'))).toEqual(inOrder(pairs.map((first) => [first, first + 10])))
    const values = heard.items('seen').map(({ value }) => value as number)
    expect(values.filter((value) => value >= 0).sort((a, b) => a - b)).toEqual(counting(sent))
    expect(heard.repeats).toBe(0)
    const counts = heard.items('minutes').map(({ n }) => n)
    expect(counts).toEqual(counting(10).map(() => sent / 10))
    expect(heard.items('seen').at(-1)?.mark).toBe('4')
    expect(engine.stats().account.deadLettered).toBe(0)
  })

  it('begin anew when the version is another, unless they migrate or refuse', async () => {
    const engine = await startEngine({ pipelines: [url()], pool: { size: 1 } })
    const heard = new Heard(engine)
    await send(engine, 0, 100)
    await until(() => isIdle(engine), 'first')
    await expect(engine.pipelines.start(url({ version: 2, onChange: 'refuse' }))).rejects.toThrow(
      /the state of version 1 is not that of version 2; allowed/,
    )
    await engine.pipelines.start(url({ version: 2, onChange: 'migrate' }))
    expect(one(engine)).toMatchObject({ version: 2, readings: 100 })
    await expect(engine.pipelines.start(url({ version: 2, more: 1, onChange: 'refuse' }))).rejects.toThrow(
      /state/,
    )
    await send(engine, 100, 100)
    await until(() => isIdle(engine), 'second')
    await engine.pipelines.start(url({ version: 3, more: 1 }))
    expect(one(engine)).toMatchObject({ version: 3, readings: 0 })
    await send(engine, 200, 50)
    await closeMinute(engine)
    await until(() => heard.count('minutes') >= 10, 'results')
    expect(heard.items('minutes').map(({ n }) => n)).toEqual(counting(10).map(() => 5))
    expect(heard.items('minutes').every(({ total }) => typeof total === 'number')).toBe(true)
  })

  it('end when they are removed, and begin anew when they come again', async () => {
    const engine = await startEngine({ pool: { size: 2 } })
    const heard = new Heard(engine)
    expect(engine.pipelines.list()).toEqual([])
    await engine.pipelines.start(url())
    await engine.pipelines.start(url({ name: 'other' }))
    await send(engine, 0, 100)
    await until(() => heard.count('seen') === 200, 'both')
    await engine.pipelines.remove('changing')
    expect(engine.pipelines.list().map(({ name }) => name)).toEqual(['other'])
    await expect(engine.pipelines.remove('changing')).rejects.toMatchObject({ code: 'not-found' })
    await send(engine, 100, 100)
    await until(() => heard.count('seen') === 300, 'the other')
    await engine.pipelines.start(url())
    await closeMinute(engine)
    await until(() => heard.count('minutes') === 10, 'the minutes of the other')
    expect(inOrder(heard.items('minutes').map(({ n }) => n))).toEqual(counting(10).map(() => '20'))
  })

  it('go on as they are when the new module is wrong', async () => {
    const table = join(folder, 'rows.csv')
    writeFileSync(table, 'device,site\nd1,north\n')
    const file = join(folder, 'joined.js')
    const good = (mark: string, path: string): string =>
      `import { pipeline, referenceTable } from '${PROGRAM}'
       export default pipeline('joined', { metrics: ['value'] })
         .join('row', referenceTable(${JSON.stringify(path)}, { column: 'device', key: (r) => r.device }))
         .map((r) => ({ mark: '${mark}', value: r.value, site: r.row?.site }))
         .to({ type: 'callback' })`
    writeFileSync(file, good('old', table))
    const engine = await startEngine({ pipelines: [file], pool: { size: 1 } })
    const results: unknown[] = []
    engine.onResult(({ item }) => void results.push(item))
    const wrong: [string, RegExp][] = [
      ['export default 7', /its default export must be a pipeline/],
      ['export default (', /cannot be loaded/],
      ["throw new Error('not today')", /not today/],
      [good('new', join(folder, 'none.csv')), /none\.csv/],
      [good('new', table).replace("type: 'callback'", "type: 'pigeon'"), /pigeon/],
      [
        `import { isMainThread } from 'node:worker_threads'\nif (!isMainThread) throw new Error('not in here')\n${good('new', table)}`,
        /not in here/,
      ],
    ]
    for (const [round, [text, message]] of wrong.entries()) {
      writeFileSync(file, text)
      await expect(engine.pipelines.start(urlOf(file)), text).rejects.toThrow(message)
      expect(engine.pipelines.list()).toMatchObject([{ name: 'joined' }])
      await engine.ingest([{ device: 'd1', metric: 'value', value: round }])
      await until(() => results.length === round + 1, `a result after ${String(message)}`, 5000)
      expect(results[round]).toEqual({ mark: 'old', value: round, site: 'north' })
    }
    writeFileSync(file, good('new', table))
    await engine.pipelines.start(urlOf(file))
    await engine.ingest([{ device: 'd1', metric: 'value', value: 100 }])
    await until(() => results.length === wrong.length + 1, 'the new one')
    expect(results.at(-1)).toEqual({ mark: 'new', value: 100, site: 'north' })
  })

  it('are no more than allowed', async () => {
    const engine = await startEngine({ pool: { size: 1 }, limits: { pipelines: 1 } })
    await engine.pipelines.start(url())
    await expect(engine.pipelines.start(url({ name: 'two' }))).rejects.toThrow(/at most 1 pipelines/)
  })
})
