import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inline } from '../cli/inline.ts'
import { ROOT, runNode } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'))
afterAll(() => rmSync(folder, { recursive: true }))
const motes = join(folder, 'motes.ndjson')

async function resultsOf(name: string, threads: number): Promise<string> {
  const output = join(folder, `${name}-${threads}.ndjson`)
  const pipeline = `${ROOT}examples/pipelines/${name}.js`
  const args = ['run', pipeline, '-i', motes, '-o', output, '--threads', String(threads)]
  const { code, err } = await inline(args)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return readFileSync(output, 'utf8')
}

describe('examples/pipelines over the real mote data', () => {
  beforeAll(async () => {
    await runNode(`${ROOT}examples/pipelines/motes.js`, motes)
  })

  it.each([
    ['cold-chain', '"alert":"too-warm"'],
    ['smart-meter', '"topic":"load"'],
    ['comfort-index', '"series":"comfort-index"'],
  ])('%s gives the same results by one and by two threads', async (name, wanted) => {
    const one = await resultsOf(name, 1)
    expect(one).toContain(wanted)
    expect(await resultsOf(name, 2)).toBe(one)
  })
})
