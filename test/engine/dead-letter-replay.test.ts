import { describe, expect, it } from 'vitest'
import { deadLettersCommand } from '../../src/cli/dead-letters.ts'
import { runMillrace } from '../../src/cli/run.ts'
import { fixture, isIdle, startEngine, until } from './rig.ts'

const POISON = 1234

/** The command as the shell runs it. */
async function millrace(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const terminal = {
    out: (line: string) => void (said.out += `${line}\n`),
    err: (line: string) => void (said.err += `${line}\n`),
    stopRequested: () => new Promise<string>(() => undefined),
  }
  return { code: await runMillrace(args, [deadLettersCommand({ terminal })], terminal), ...said }
}

describe('millrace dead-letters', () => {
  it('lists what was given up, and has it taken in again', { timeout: 60_000 }, async () => {
    const engine = await startEngine({
      pipeline: fixture('poisoned', { value: POISON, by: 'throw' }),
      anomalies: { threshold: 1000 },
    })
    const { port } = await engine.listen()
    const url = `http://127.0.0.1:${port}`
    await engine.ingest([{ device: 'd1', metric: 'value', value: POISON, time: 1e12 }])
    await until(() => isIdle(engine), 'given up', 20_000)
    const listed = await millrace('dead-letters', 'list', '--url', url)
    expect(listed).toMatchObject({ code: 0, err: '' })
    expect(listed.out).toMatch(
      /^1 \S+Z poisoned: TypeError: this value again \{"device":"d1",.*"value":1234\}\n$/,
    )
    expect(await millrace('dead-letters', 'list', '--url', url, '--pipeline', 'other')).toMatchObject({
      out: '',
    })
    const replayed = await millrace('dead-letters', 'replay', '--url', url, '--id', '1', '--id', '7')
    expect(replayed).toEqual({ code: 0, out: '1 put back in\n', err: '' })
    // it fails as before, so it is a new letter
    await until(() => engine.stats().deadLetters[0].seen === 2, 'given up again', 20_000)
    const after = await millrace('dead-letters', 'list', '--url', url, '--json')
    expect(JSON.parse(after.out)).toMatchObject({ seen: 2, entries: [{ id: 2, reading: { value: POISON } }] })
    expect(engine.stats()).toMatchObject({
      account: { accepted: 2, deadLettered: 2 },
      deadLetters: [{ pipeline: 'poisoned', node: '', seen: 2, kept: 1, replayed: 1 }],
    })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('millrace_dead_letters_replayed_total{pipeline="poisoned",node=""} 1\n')
  })

  it('says what is wrong', { timeout: 60_000 }, async () => {
    expect(await millrace('dead-letters', 'list')).toMatchObject({ code: 2 })
    expect(await millrace('dead-letters', 'list', '--url', 'nowhere')).toMatchObject({
      code: 2,
      err: expect.stringContaining('allowed: an http or https URL') as string,
    })
    expect(await millrace('dead-letters', 'list', '--url', 'http://127.0.0.1:1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be reached') as string,
    })
    const engine = await startEngine()
    const { port } = await engine.listen()
    const url = `http://127.0.0.1:${port}`
    expect(await millrace('dead-letters', 'list', '--url', url, '--limit', 'x')).toMatchObject({ code: 2 })
    expect(await millrace('dead-letters', 'replay', '--url', `${url}`, '--node', 'x')).toMatchObject({
      code: 0,
      out: '0 put back in\n',
    })
  })
})
