import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { pipelinesCommand } from '../../src/cli/pipelines.ts'
import { runMillrace } from '../../src/cli/run.ts'
import { pipeline } from '../../src/pipelines/builder/pipeline.ts'

describe('millrace pipelines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pipelines-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let lines: string[] = []
  beforeEach(() => (lines = []))

  const run = (...args: string[]): Promise<number> => {
    const say = (line: string): void => void lines.push(line)
    const terminal = { out: say, err: say, stopRequested: async () => 'SIGINT' }
    return runMillrace(['pipelines', ...args], [pipelinesCommand({ terminal })], terminal)
  }
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const { definition } = pipeline('good').emit('x')
  const good = file('good.mjs', `export default ${JSON.stringify(definition)}`)
  const bad = file(
    'bad.mjs',
    `export default ${JSON.stringify({ ...definition, version: 0, time: { latenessMs: -1, idleMs: 1 } })}`,
  )

  it('checks files and says everything that is wrong with each', async () => {
    expect(await run('check', good)).toBe(0)
    expect(lines).toEqual([`${good}: good is good (1 stages)`])
    lines = []
    const none = file('none.mjs', 'export const x = 1')
    expect(await run('check', good, bad, none, join(folder, 'nowhere.mjs'))).toBe(1)
    expect(lines).toEqual([
      `millrace: ${bad}: the pipeline good is not valid:`,
      'millrace:   version: 0; allowed: a whole number from 1',
      'millrace:   time.latenessMs: -1; allowed: a duration of 0 or more, such as 5m',
      expect.stringContaining(`${none}: its default export must be a pipeline`),
      expect.stringContaining('nowhere.mjs'),
    ])
  })

  it('answers in JSON, too', async () => {
    expect(await run('check', bad, '--json')).toBe(1)
    const { problems } = JSON.parse(lines[0]) as {
      problems: { file: string; problems: { path: string }[] }[]
    }
    expect(problems[0].problems.map(({ path }) => path)).toEqual(['version', 'time.latenessMs'])
  })

  it('shows a plan', async () => {
    expect(await run('plan', good)).toBe(0)
    expect(lines.join('\n')).toMatch(
      /^good \(version 1\): all metrics;.*\n.*\n +emit-1 +source +items +shard +x$/,
    )
    lines = []
    expect(await run('plan', good, '--json')).toBe(0)
    expect(JSON.parse(lines[0])).toMatchObject({ name: 'good', stages: [{ id: 'emit-1', place: 'item' }] })
    expect(await run('plan', bad)).toBe(1)
  })
})
