import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMillrace } from '../../src/cli/run.ts'
import { scalingCommand } from '../../src/cli/scaling.ts'
import { fakeEngine } from '../engine/api/fake-engine.ts'

const engine = fakeEngine()
const DEMAND = [
  { tier: 'premium', region: 'asia', perSecond: 700.2, total: 9000 },
  { tier: 'premium', region: 'europe', perSecond: 900, total: 9000 },
  { tier: 'bulk', region: 'europe', perSecond: 600, total: 9000 },
  { tier: 'bulk', region: 'africa', perSecond: 0, total: 5 },
]
const server = createServer((request, response) => {
  const { status, body } = engine.call(request.method ?? '', request.url ?? '')
  const isState = request.url === '/v1/scaling'
  response.writeHead(status)
  response.end(isState ? JSON.stringify({ ...(JSON.parse(body) as object), demand: DEMAND }) : body)
})
const folder = mkdtempSync(join(tmpdir(), 'millrace-scaling-'))
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

async function millrace(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  const command = scalingCommand({ terminal: terminal as never })
  const code = await runMillrace(['scaling', ...args], [command], terminal as never)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('millrace scaling', () => {
  it('explains what pools have', async () => {
    const { code, out, err } = await millrace('explain', '--url', url)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^workers: \d+ workers wanted, .* ready, \d+ to \d+ allowed$/m)
    expect(out).toMatch(/^demand: europe 1,500\/s, asia 700\/s$/m)
    const { pools } = JSON.parse((await millrace('explain', '--url', url, '--json')).out) as {
      pools: unknown[]
    }
    expect(pools).toHaveLength(1)
    expect((await millrace('explain', '--url', url, '--pool', 'none')).out).not.toContain('workers wanted')
  })

  it.each(['text', 'json', 'csv', 'svg'])('reports as %s, also into a file', async (format) => {
    const { code, out } = await millrace('report', '--url', url, '--format', format)
    expect(code).toBe(0)
    const begins = { text: 'pool workers', json: '{', csv: 'day,', svg: '<svg' }[format] as string
    expect(out.startsWith(begins), out).toBe(true)
    const file = join(folder, `report.${format}`)
    await millrace('report', '--url', url, '--format', format, '--output', file)
    expect(readFileSync(file, 'utf8').startsWith(begins)).toBe(true)
  })

  it('says what is wrong', async () => {
    expect(await millrace('explain', '--url', 'here')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--url') as string,
    })
    expect(await millrace('explain', '--url', url, '--limit', 'x')).toMatchObject({ code: 2 })
    const unknown = await millrace('report', '--url', url, '--pool', 'none')
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('none') as string })
    const nowhere = join(folder, 'no', 'file')
    expect(await millrace('report', '--url', url, '--output', nowhere)).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('--output') as string },
    })
    expect(await millrace('explain', '--url', 'http://127.0.0.1:9')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('cannot be reached') as string },
    })
  })
})
