import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { checkpointCommand } from '../../src/cli/checkpoint.ts'
import { runMillrace } from '../../src/cli/run.ts'
import { POSITION_ABSENT } from '../../src/memory/layout/reading.layout.ts'
import { CheckpointRig, takeCheckpoint, temporaryFolder } from '../storage/checkpoint/checkpoint-rig.ts'

describe('millrace checkpoint inspect', () => {
  const folder = temporaryFolder()
  let rig: CheckpointRig
  let lines: string[]

  const run = async (...args: string[]): Promise<number> => {
    lines = []
    const say = (line: string): void => void lines.push(line)
    const terminal = { out: say, err: say, stopRequested: async () => 'SIGINT' }
    const clock = { ...rig.clock, epochMs: () => rig.clock.epochMs() + 5000 }
    return runMillrace(
      ['checkpoint', 'inspect', ...args],
      [checkpointCommand({ terminal, disk: rig.disk, clock })],
      terminal,
    )
  }
  const inDirectory = (): string[] => ['--data-dir', folder.path]

  beforeAll(async () => {
    rig = await CheckpointRig.open()
    rig.reset()
  })
  beforeEach(() => (lines = []))
  afterAll(() => folder.remove())

  it('says when there is none, and when there is not even a folder', async () => {
    expect(await run(...inDirectory())).toBe(0)
    expect(lines).toEqual(['no checkpoint\nno damage'])
    expect(await run('--data-dir', join(folder.path, 'nowhere'))).toBe(1)
    expect(lines[0]).toMatch(/there is no folder .*nowhere/)
    expect(await run()).toBe(2)
  })

  it('says what each has', async () => {
    rig.send([{ key: 65537n, time: 0, value: 1, lat: POSITION_ABSENT, lon: POSITION_ABSENT }])
    rig.route()
    const writer = rig.writer(folder.path)
    takeCheckpoint(writer, { replayFrom: 3, extras: { alerts: Buffer.from('[]') } })
    takeCheckpoint(writer, { replayFrom: 4 })
    expect(await run(...inDirectory())).toBe(0)
    expect(lines.join('\n')).toMatch(/^checkpoint 2: .*, 5 s old\n {2}1 series, 1 readings waiting, 0.0 MiB/)
    expect(lines.join('\n')).toMatch(/run 7, rings from 96 on, journal from record 4 on/)
    expect(lines.join('\n')).toMatch(
      /checkpoint 1: .*\n.*\n.*record 3 on\n {2}with alerts \(2 bytes\)\nno damage$/,
    )
  })

  it('answers in JSON, and says what is damaged', async () => {
    const data = readdirSync(join(folder.path, 'checkpoint')).find((name) => name.endsWith('2.data'))
    truncateSync(join(folder.path, 'checkpoint', data ?? ''), 100)
    expect(await run(...inDirectory(), '--json')).toBe(0)
    const { checkpoints, isDamaged } = JSON.parse(lines.join('\n')) as {
      checkpoints: { number: number; series: number; damage: { problem: string } | null }[]
      isDamaged: boolean
    }
    expect(isDamaged).toBe(true)
    expect(checkpoints.map(({ number, series, damage }) => [number, series, damage?.problem])).toEqual([
      [2, 1, expect.stringMatching(/ends before/)],
      [1, 1, undefined],
    ])
  })
})
