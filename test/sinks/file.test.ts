import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { NodeSinkDisk } from '../../src/sinks/node-sink-disk.ts'
import type { SinkFile } from '../../src/sinks/disk.ts'
import { deskOf, sinkNode, temporaryFolder } from './desk-for-tests.ts'
import { until } from './receiver.ts'

const TIME = { timeout: 60_000 }

const fileIn = (folder: string, over: object = {}) => ({
  type: 'file',
  path: join(folder, 'out.ndjson'),
  content: 'item',
  ...over,
})

const numbersIn = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n)

describe('file', () => {
  it('has a line for each item, and goes on behind them after a restart', TIME, async () => {
    const folder = temporaryFolder()
    for (const from of [0, 3]) {
      const { desk, open, give, statsOf } = deskOf(new VirtualClock())
      await open(sinkNode('f', fileIn(folder)))
      give('f', from, from + 3)
      await until(() => statsOf('f').delivered === 3)
      await desk.close(0)
    }
    expect(numbersIn(join(folder, 'out.ndjson'))).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('writes over a line that a crash has torn', TIME, async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'out.ndjson')
    writeFileSync(path, '{"n":0}\n')
    appendFileSync(path, '{"n":')
    const { open, give, statsOf } = deskOf(new VirtualClock())
    await open(sinkNode('f', fileIn(folder)))
    give('f', 1, 2)
    await until(() => statsOf('f').delivered === 1)
    expect(numbersIn(path)).toEqual([0, 1])
  })

  it('starts a new file by size, keeps so many, and never half a line in one', TIME, async () => {
    const clock = new VirtualClock()
    const folder = temporaryFolder()
    const { open, give, statsOf } = deskOf(clock)
    await open(sinkNode('f', fileIn(folder, { rotate: { bytes: 20, keep: 2 } })))
    for (let n = 0; n < 20; n += 2) {
      give('f', n, n + 2)
      await until(() => statsOf('f').delivered === n + 2)
      clock.advance(10)
    }
    expect(statsOf('f').own.rotated).toBe(4)
    const all = readdirSync(folder).sort()
    expect(all).toEqual([
      expect.stringMatching(/^out-[0-9]{8}T[0-9]{6}\.[0-9]{3}Z\.ndjson$/),
      expect.stringMatching(/^out-[0-9]{8}T[0-9]{6}\.[0-9]{3}Z\.ndjson$/),
      'out.ndjson',
    ])
    expect(all.flatMap((name) => numbersIn(join(folder, name)))).toEqual([
      8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ])
  })

  it('starts a new file by time, also when nothing is written', TIME, async () => {
    const clock = new VirtualClock()
    const folder = temporaryFolder()
    const { open, give, statsOf } = deskOf(clock)
    await open(sinkNode('f', fileIn(folder, { rotate: { everyMs: 60_000 } })))
    give('f', 0, 1)
    await until(() => statsOf('f').delivered === 1)
    clock.advance(120_000)
    await until(() => statsOf('f').own.rotated === 1)
    give('f', 1, 2)
    await until(() => statsOf('f').delivered === 2)
    expect(readdirSync(folder).length).toBe(2)
    expect(numbersIn(join(folder, 'out.ndjson'))).toEqual([1])
  })

  it('is tried again when the disk fails half-way, and loses and tears nothing', TIME, async () => {
    const clock = new VirtualClock()
    const folder = temporaryFolder()
    let failures = 3
    class FullDisk extends NodeSinkDisk {
      override async open(path: string): Promise<SinkFile> {
        const file = await super.open(path)
        const write = file.write.bind(file)
        file.write = async (bytes, position) => {
          if (failures-- <= 0) return write(bytes, position)
          await write(bytes.subarray(0, 5), position)
          throw new Error('ENOSPC')
        }
        return file
      }
    }
    const { open, give, statsOf } = deskOf(clock, { disk: new FullDisk() })
    await open(sinkNode('f', fileIn(folder)))
    give('f', 0, 5)
    await until(() => statsOf('f').lastError === 'ENOSPC')
    while (statsOf('f').delivered < 5) {
      clock.advance(1000)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(numbersIn(join(folder, 'out.ndjson'))).toEqual([0, 1, 2, 3, 4])
    expect(statsOf('f')).toMatchObject({ retried: 3, dropped: 0, failingSince: null })
  })

  it('belongs to one sink', TIME, async () => {
    const folder = temporaryFolder()
    const { desk, open } = deskOf(new VirtualClock())
    const twice = open(sinkNode('a', fileIn(folder)), sinkNode('b', fileIn(folder)))
    await expect(twice).rejects.toMatchObject({ code: 'conflict' })
    expect(desk.stats()).toEqual([])
    await open(sinkNode('a', fileIn(folder)))
  })
})
