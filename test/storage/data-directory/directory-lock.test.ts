import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MillraceError } from '../../../src/core/errors.ts'
import { takeLock } from '../../../src/storage/data-directory/directory-lock.ts'
import type { KernelLock } from '../../../src/storage/data-directory/kernel-lock.ts'
import { ownIdentity } from '../../../src/storage/data-directory/process-identity.ts'

const CONTENDER = fileURLToPath(new URL('./contender.fixture.js', import.meta.url))
const CONTENDERS = 8

type Mode = 'kernel' | 'records'

/** Another process that wants the lock. */
class Contender {
  readonly child: ChildProcessWithoutNullStreams
  #lines: string[] = []

  constructor(folder: string, mode: Mode) {
    this.child = spawn(process.execPath, [CONTENDER, folder, mode])
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#lines.push(...text.split('\n').filter((line) => line !== ''))
    })
    this.child.stdin.on('error', () => undefined)
  }

  async line(index: number): Promise<string> {
    while (this.#lines.length <= index) await once(this.child.stdout, 'data')
    return this.#lines[index]
  }

  async take(): Promise<string> {
    await this.line(0)
    this.child.stdin.write('go\n')
    return this.line(1)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    await ended
  }
}

describe.each<Mode>(['kernel', 'records'])('the lock of a data directory (%s)', (mode) => {
  let folder = ''
  const started: Contender[] = []
  const contender = (): Contender => {
    const made = new Contender(folder, mode)
    started.push(made)
    return made
  }
  const unsupported = (): KernelLock => ({ state: 'unsupported' })
  const take = () => takeLock(folder, 0, ...(mode === 'records' ? [unsupported] : []))

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'))
  })
  afterEach(async () => {
    await Promise.all(started.splice(0).map((each) => each.kill()))
    rmSync(folder, { recursive: true })
  })

  it('goes to one of many that start at once, also when the last holder was killed', async () => {
    for (let round = 0; round < 2; round++) {
      const all = Array.from({ length: CONTENDERS }, contender)
      await Promise.all(all.map((each) => each.line(0)))
      const outcomes = await Promise.all(all.map((each) => each.take()))
      expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'data-dir-in-use')).toHaveLength(CONTENDERS - 1)
      await all[outcomes.indexOf('held')].kill()
    }
  })

  it('is free at once when its holder is killed, and names the holder while it lives', async () => {
    const holder = contender()
    expect(await holder.take()).toBe('held')
    expect(take).toThrow(MillraceError)
    expect(take).toThrow(new RegExp(`process ${holder.child.pid} works in this data directory since 20`))
    await holder.kill()
    take().release()
  })

  it('is held against a second one in the same process, and free after release', () => {
    const lock = take()
    expect(take).toThrow(/process \d+ works in/)
    lock.release()
    take().release()
    expect(readdirSync(folder).filter((name) => /\.draft$/.test(name))).toEqual([])
  })

  it('is not kept by a stranger who has got the number of a dead holder', () => {
    const dead = { ...ownIdentity(), started: '1', sinceEpochMs: 0, kernel: false, released: false }
    writeFileSync(join(folder, 'engine.3.lock'), JSON.stringify(dead))
    take().release()
    const before = { ...ownIdentity(), boot: 'another boot', sinceEpochMs: 0, kernel: false, released: false }
    writeFileSync(join(folder, 'engine.9.lock'), JSON.stringify(before))
    take().release()
    expect(readdirSync(folder).filter((name) => /^engine\.\d/.test(name))).toEqual(['engine.10.lock'])
  })

  it('is kept by an engine on a system without the lock of the kernel', () => {
    const record = { ...ownIdentity(), sinceEpochMs: 0, kernel: false, released: false }
    writeFileSync(join(folder, 'engine.1.lock'), JSON.stringify(record))
    expect(take).toThrow(MillraceError)
  })

  it('is not kept by a record that was cut short', () => {
    writeFileSync(join(folder, 'engine.1.lock'), '{"pid":')
    take().release()
  })
})
