import { describe, expect, it } from 'vitest'
import type { CommandCall, CommandEnd } from '../../../src/scaling/targets/command/runner.ts'
import { openFor, type TargetInput } from './target-contract.ts'

const NODE = process.execPath
const done: CommandEnd = { exitCode: 0, output: '', errors: '' }

/** Runs nothing: ends as it is told. */
function pretendedRunner(...ends: (Partial<CommandEnd> | Error)[]) {
  const calls: CommandCall[] = []
  const run = async (call: CommandCall): Promise<CommandEnd> => {
    calls.push(call)
    const end = ends.shift() ?? done
    if (end instanceof Error) throw end
    return { ...done, ...end }
  }
  return { calls, commands: { run } }
}

const OPTIONS: TargetInput = { command: { file: 'resize', args: ['--fleet', '$HOME'] } }
const WITH_STATUS: TargetInput = { command: { file: 'resize', status: { file: 'count' } } }

describe('a command as a target', () => {
  it('is run with what is wished in its environment and on its input', async () => {
    const { calls, commands } = pretendedRunner()
    await openFor(OPTIONS, { commands }).scaleTo(4)
    expect(calls).toMatchObject([
      {
        ...{ file: 'resize', args: ['--fleet', '$HOME'] },
        env: { MILLRACE_TARGET: 'fleet', MILLRACE_DESIRED: '4', MILLRACE_CURRENT: '1' },
        input: '{"target":"fleet","desired":4,"current":1}\n',
      },
    ])
  })

  it('is believed to have done what it was run for, unless its last line says what there is', async () => {
    const { calls, commands } = pretendedRunner(done, { output: 'creating\n{"ready":6}\n' })
    const target = openFor(OPTIONS, { commands })
    expect(await target.observe()).toEqual({ desired: 1, ready: 1 })
    await target.scaleTo(4)
    expect(await target.observe()).toEqual({ desired: 4, ready: 4 })
    await target.scaleTo(9)
    expect(await target.observe()).toEqual({ desired: 9, ready: 6 })
    expect(calls[1].env.MILLRACE_CURRENT).toBe('4')
    expect(target.status().place).toBe('command resize')
    await target.close()
  })

  it('is observed by a command of its own', async () => {
    const { calls, commands } = pretendedRunner({ output: '{"ready":2,"desired":3}' }, { output: 'two' })
    const target = openFor(WITH_STATUS, { commands })
    expect(await target.observe()).toEqual({ desired: 3, ready: 2 })
    await expect(target.observe()).rejects.toThrow('the last line of count has no number in `ready`')
    expect(calls.map(({ file }) => file)).toEqual(['count', 'count'])
  })

  it('is run for no size in a dry run', async () => {
    const { calls, commands } = pretendedRunner()
    await openFor({ ...OPTIONS, dryRun: true }, { commands }).scaleTo(4)
    expect(calls).toEqual([])
  })

  it('is run again when it fails, with what it said last as the reason in the end', async () => {
    const failed = { exitCode: 2, errors: 'trying\nno quota left\n' }
    const { calls, commands } = pretendedRunner(failed, failed, { exitCode: null })
    const target = openFor(OPTIONS, { commands })
    const wish = target.scaleTo(4)
    await expect(wish).rejects.toThrow('target fleet: resize was ended by a signal')
    expect(calls).toHaveLength(3)
    expect(target.status().reachable).toBe('unreachable')
  })

  it('can say that it is to be run again later (EX_TEMPFAIL)', async () => {
    const { calls, commands } = pretendedRunner({ exitCode: 75, errors: 'in progress' })
    const target = openFor({ ...OPTIONS, unreachableAfter: 1 }, { commands })
    await target.scaleTo(4)
    expect(calls).toHaveLength(2)
    expect(target.status().requests.failed).toBe(1)
  })

  it.each([
    ['EACCES', 'invalid', 1],
    ['ENOENT', 'invalid', 1],
    ['EAGAIN', 'unavailable', 3],
  ])('that could not be started for %s is %s', async (code, kind, attempts) => {
    const error = Object.assign(new Error(`spawn resize ${code}`), { code })
    const { calls, commands } = pretendedRunner(error, error, error)
    const target = openFor(OPTIONS, { commands })
    await expect(target.scaleTo(4)).rejects.toMatchObject({ context: { kind } })
    expect(calls).toHaveLength(attempts)
  })
})

describe('a command that is really run', () => {
  const runs = (script: string, over: object = {}) =>
    openFor({ command: { file: NODE, args: ['-e', script] }, retries: 0, ...over })

  it('gets its environment and input, and its last line is read', async () => {
    const script = `
      let input = ''
      process.stdin.on('data', (chunk) => (input += chunk)).on('end', () => {
        const { desired } = JSON.parse(input)
        console.log('x'.repeat(20000))
        console.log(JSON.stringify({ ready: desired - 1, desired: Number(process.env.MILLRACE_DESIRED) }))
      })`
    const target = runs(script)
    await target.scaleTo(5)
    expect(await target.observe()).toEqual({ desired: 5, ready: 4 })
  })

  it('need not read its input, and is killed when it takes too long', async () => {
    const target = runs(
      "process.stdin.destroy(); process.on('SIGTERM', () => 0); setInterval(() => 0, 1000)",
      {
        timeoutMs: 300,
      },
    )
    await expect(target.scaleTo(5)).rejects.toThrow('no answer within 300 ms')
  })

  it('that is not there is said to be not there', async () => {
    const target = openFor({ command: { file: 'millrace-no-such-command' } })
    await expect(target.scaleTo(5)).rejects.toThrow('ENOENT')
  })

  it('may leave a large input unread', async () => {
    const { NodeRunner } = await import('../../../src/scaling/targets/command/node-runner.ts')
    const end = await new NodeRunner().run({
      ...{ file: NODE, args: ['-e', 'process.exit(3)'], env: {}, input: 'x'.repeat(1_000_000) },
      signal: new AbortController().signal,
    })
    expect(end).toEqual({ exitCode: 3, output: '', errors: '' })
  })
})
