import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startEngine } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-durable-'))
afterAll(() => rmSync(folder, { recursive: true }))

const journal = { segmentBytes: 1024 * 1024 }
const kept = (name: string) => ({ durability: 'journal', dataDir: join(folder, name), journal }) as const
const INDEX = new URL('../../lib/index.js', import.meta.url).href

describe('an embedded engine with a journal', () => {
  it('takes readings of names that are new, and keeps names and readings', async () => {
    const readings = Array.from({ length: 500 }, (_, i) => ({
      ...{ device: `d${i % 50}`, metric: `m${i % 7}` },
      value: i,
    }))
    const engine = await startEngine(kept('names'))
    expect(await engine.ingest(readings)).toMatchObject({ accepted: 500, refused: [], reason: '' })
    await engine.close()
    const again = await startEngine(kept('names'))
    await again.ready
    expect(again.devices.get('d49')).toBeDefined()
    expect(again.metrics.get('m6')).toBeDefined()
    expect(again.stats()).toMatchObject({ devices: 50, series: 350 })
  })

  it('gives claimed room up for a change of the registry, which needs the ring', async () => {
    const engine = await startEngine(kept('rooms'))
    await engine.ready
    const { id } = engine.devices.register('first')
    const room = engine.writer().claim(10)
    engine.devices.register('second')
    expect(() => room?.set(0, id, 1, 21)).toThrow('given up for a later claim or a note to the journal')
    expect(() => room?.commit()).toThrow('given up for a later claim or a note to the journal')
    const fresh = engine.writer().claim(1)
    fresh?.set(0, id, 1, 21)
    expect(await fresh?.commitAcknowledged()).toMatchObject({ accepted: 1 })
  })

  it('lets the process end when it is closed', async () => {
    const config = JSON.stringify({
      ...kept('process'),
      limits: { series: 10_000 },
      shutdownTimeoutMs: 60_000,
    })
    const program = `const { createEngine } = await import('${INDEX}')
      const engine = await createEngine(${config})
      await engine.ready
      await engine.close()`
    const file = join(folder, 'program.mjs')
    writeFileSync(file, program)
    const outcome = await new Promise((resolve) => {
      execFile(process.execPath, [file], { timeout: 110_000 }, (error, out, err) =>
        resolve({ error, out, err }),
      )
    })
    expect(outcome).toEqual({ error: null, out: '', err: '' })
  })
})
