import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { RegistryStore } from '../../../src/storage/registry/registry-store.ts'

const WRITER = fileURLToPath(new URL('./writer.fixture.js', import.meta.url))

interface Line {
  readonly flushed?: number
  readonly damage?: readonly unknown[]
  readonly failure?: string
}

describe('the registry store of a process that is killed', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Writes devices from `from` on until so many lines have come; returns the last one known to be on disk. */
  async function writeAndKill(from: number, lines: number): Promise<number> {
    const child = spawn(process.execPath, [WRITER, folder, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    let flushed = from - 1
    let seen = 0
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      expect(line.damage ?? []).toEqual([])
      expect(line.failure).toBeUndefined()
      flushed = line.flushed ?? flushed
      if (++seen === lines) child.kill('SIGKILL')
    }
    await ended
    return flushed
  }

  it('has everything that was flushed, and no damage, again and again', async () => {
    let from = 1
    for (let round = 0; round < 3; round++) {
      const flushed = await writeAndKill(from, 3 + round * 2)
      const { store, damage } = await RegistryStore.open({
        ...{ folder, clock: systemClock(), minPosition: 0 },
        onFailure: (error) => expect.fail(error.message),
      })
      expect(damage).toEqual([])
      const names = new Set([...store.load().devices].map(({ name }) => name))
      expect(names.size).toBe(store.deviceCount)
      for (let i = 1; i <= flushed; i++) expect(names.has(`d-${i}`), `d-${i} of ${flushed}`).toBe(true)
      await store.close()
      from = flushed + 1
    }
  })
})
