import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Stats } from '../../src/core/stats.ts'
import { inline } from '../cli/inline.ts'
import { type Ended, Spawned } from '../cli/spawned.ts'
import { BALANCED, imbalance, moment, until } from './rig.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** As it is installed, not from the sources: it starts sooner. */
const CLI = 'lib/cli.js'

const millrace = (...args: string[]): Promise<Ended> => new Spawned(CLI, args).end()

const SMALL = 'limits:\n  series: 20000\n  devices: 20000\n  backlogBytes: 16777216\n'

/** A server in a process of its own, on a free port. */
async function serve(config = SMALL): Promise<{ server: Spawned; port: number }> {
  const file = join(folder, 'millrace.yaml')
  await writeFile(file, config)
  const server = new Spawned(CLI, ['serve', '--config', file, '--port', '0', '--json'])
  let out = ''
  server.child.stdout!.on('data', (chunk: Buffer) => (out += chunk.toString()))
  await server.says('"listening"')
  await until(() => out.includes('\n'), 'a whole line')
  return { server, port: (JSON.parse(out.split('\n')[0]) as { port: number }).port }
}

const statsOf = async (port: number): Promise<Stats> =>
  (await (await fetch(`http://127.0.0.1:${port}/v1/stats`)).json()) as Stats

describe('millrace serve and millrace load, each a process', () => {
  it.each(['binary', 'json'])('agree about what was sent (%s)', async (format) => {
    const { server, port } = await serve()
    const args = [
      '--devices',
      '500',
      '--connections',
      '2',
      '--frame',
      '50',
      '--rate',
      '20000',
      '--duration',
      '1s',
    ]
    const load = await millrace(
      ...['load', '--url', `ws://127.0.0.1:${port}`, ...args, '--format', format],
      ...['--malformed', '0.01', '--ack', '--json'],
    )
    expect(load.err).toBe('')
    expect(load.code).toBe(0)
    const report = JSON.parse(load.out) as {
      readings: number
      refused: { readings: number }
      malformed: { sent: number; replies: number }
      acknowledged: { frames: number; unanswered: number }
      frames: number
    }
    expect(report.readings).toBeGreaterThan(10_000)
    expect(report.malformed.sent).toBeGreaterThan(0)
    expect(report.malformed.replies).toBe(report.malformed.sent)
    expect(report.acknowledged).toMatchObject({ frames: report.frames, unanswered: 0 })
    const { account, series } = await statsOf(port)
    expect(account).toMatchObject({
      received: report.readings + report.malformed.sent,
      accepted: report.readings - report.refused.readings,
      refused: report.refused.readings,
      malformed: report.malformed.sent,
    })
    expect(imbalance(account)).toEqual(BALANCED)
    expect(series).toBe(500)
    server.child.kill('SIGINT')
    const { code, out, err } = await server.end()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    const { event, account: last } = JSON.parse(lines[1]) as { event: string; account: Stats['account'] }
    expect(event).toBe('closed')
    expect(last).toMatchObject({ accepted: account.accepted, processed: account.accepted, inFlight: 0 })
  })
})

describe('millrace serve', () => {
  it('says on which port it cannot listen, and that it is over', async () => {
    const { server, port } = await serve()
    const second = await millrace('serve', '--port', String(port))
    expect(second.code).toBe(1)
    expect(second.out).toBe('')
    expect(second.err).toContain(`127.0.0.1:${port}`)
    server.child.kill('SIGTERM')
    expect((await server.end()).code).toBe(0)
  })

  it('refuses a configuration it does not understand, naming the path, and exits with 2', async () => {
    const file = join(folder, 'wrong.yaml')
    await writeFile(file, 'pool:\n  sise: 3\n')
    const { code, out, err } = await inline(['serve', '--config', file])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('pool.sise')
    expect(err).toContain('size')
  })

  it('runs the pipeline that the configuration names, from beside it', async () => {
    await writeFile(
      join(folder, 'pipeline.js'),
      `export const name = 'p'\nexport function onReadings(batch, ctx) {
         while (batch.next()) if (batch.value > 0) ctx.alert({ rule: 'any', message: 'seen' })\n}\n`,
    )
    const { server, port } = await serve(`${SMALL}pipeline: ./pipeline.js\n`)
    const args = [
      '--devices',
      '10',
      '--connections',
      '1',
      '--frame',
      '10',
      '--rate',
      '1000',
      '--duration',
      '200ms',
    ]
    const url = `ws://127.0.0.1:${port}`
    expect((await inline(['load', '--url', url, ...args, '--ack'])).code).toBe(0)
    let raised = 0
    while (raised < 10) {
      await moment(20)
      raised = (await statsOf(port)).alerts.raised
    }
    expect(raised).toBe(10)
    server.child.kill('SIGINT')
    expect((await server.end()).code).toBe(0)
  })
})
