import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadCommand } from '../../src/cli/load.ts'
import type { LoadReport } from '../../src/load/report.ts'
import { inline } from '../cli/inline.ts'
import { frameHead, replyBytes, scriptedServer } from './scripted-server.ts'

const answering = () =>
  scriptedServer({
    onMessage: (message, socket) => socket.send(replyBytes({ seq: frameHead(message)!.seq })),
  })

const CLI = fileURLToPath(new URL('../../lib/cli.js', import.meta.url))

/** The command without the start of a program for it. */
const command = (args: string[]) => inline(['load', ...args])

/** The command in a process of its own, which is interrupted a while after it has said that it sends. */
async function interrupted(args: string[], afterMs: number) {
  const child = spawn(process.execPath, [CLI, 'load', ...args])
  let out = ''
  let err = ''
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => {
    if (err === '') setTimeout(() => child.kill('SIGINT'), afterMs)
    err += piece.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, out, err }
}

describe('millrace load', () => {
  it('prints one JSON document and nothing else with --json', async () => {
    await using server = await answering()
    const { code, out, err } = await command(['--url', server.url, '--duration', '300ms', '--ack', '--json'])
    const report = JSON.parse(out) as LoadReport
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(report.acknowledged?.frames).toBe(report.frames)
    expect(report.acknowledged?.latencyMs?.p99).toBeGreaterThan(0)
  })

  it('shows progress each second and ends with the summary on SIGINT', async () => {
    await using server = await answering()
    const { code, out, err } = await interrupted(['--url', server.url, '--duration', '1h', '--ack'], 100)
    expect(code).toBe(0)
    expect(err).toMatch(/1 s {2}[\d,]+ readings\/s/)
    expect(out).toMatch(/sent .*interrupted/)
    expect(out).toMatch(/latency .*p50 .*p99\.9 .*max/)
    expect(out).toMatch(/own CPU/)
  })

  it('refuses wrong values and unknown options with what is allowed', async () => {
    const wrong = await command(['--frame', 'big'])
    expect(wrong.code).toBe(2)
    expect(wrong.err).toBe('millrace: --frame big: expected a whole number from 1 to 30000\n')
    const unknown = await command(['--frames', '7'])
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain("unknown option '--frames'")
  })

  it('says that nobody answers, which is no wrong usage', async () => {
    const { code, err } = await command(['--url', 'ws://127.0.0.1:1', '--duration', '1s'])
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^millrace: cannot connect to 127/) as string,
    })
  })

  it('describes all its options', () => {
    const help = loadCommand({
      out() {},
      err() {},
      stopRequested: () => new Promise(() => {}),
    }).helpInformation()
    for (const name of [
      '--ramp',
      '--tiers',
      '--skew',
      '--regions',
      '--anomalies',
      '--malformed',
      '--window',
    ]) {
      expect(help).toContain(name)
    }
  })
})
