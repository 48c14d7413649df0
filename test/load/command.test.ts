import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { loadCommand } from '../../dist/cli/load.js'
import type { LoadReport } from '../../src/load/report.ts'
import { frameHead, replyBytes, scriptedServer } from './scripted-server.ts'

const answering = () =>
  scriptedServer({
    onMessage: (message, socket) => socket.send(replyBytes({ seq: frameHead(message)!.seq })),
  })

const SCRIPT = `
  import { loadCommand } from './dist/cli/load.js'
  import { runMillrace } from './dist/cli/run.js'
  import { processTerminal } from './dist/cli/terminal.js'
  process.exitCode = await runMillrace(['load', ...process.argv.slice(1)], [loadCommand()], processTerminal())
`

/** Runs the command in a process of its own; `after` acts on it once it is sending. */
async function command(args: string[], interruptAfterMs?: number) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, '--', ...args])
  let out = ''
  let err = ''
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => {
    if (interruptAfterMs !== undefined && err === '') setTimeout(() => child.kill('SIGINT'), interruptAfterMs)
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
    const { code, out, err } = await command(['--url', server.url, '--duration', '1h', '--ack'], 100)
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
    const help = loadCommand().helpInformation()
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
