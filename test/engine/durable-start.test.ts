import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/create-engine.ts'
import { newFolder, startDurable } from './durable-rig.ts'

const broken = `data:text/javascript,
import { isMainThread } from 'node:worker_threads'
if (!isMainThread) throw new Error('not in a worker')
export const name = 'broken'
export const onReadings = () => {}`

describe('An engine with a data directory that cannot start', () => {
  it('lets the directory go, so that the next one can', async () => {
    const durable = { durability: 'journal', dataDir: newFolder() } as const
    await expect(createEngine({ ...durable, pipeline: broken })).rejects.toMatchObject({
      code: 'pipeline-failed',
    })
    const engine = await createEngine(durable)
    await engine.ready
    await engine.close()
  })
})

describe('An engine whose journal cannot be opened', () => {
  it('takes nothing, says why, and is ready by itself when the disk is well again', async () => {
    const dataDir = newFolder()
    await (await startDurable(dataDir)).close()
    const obstacle = join(dataDir, 'journal', '00000099.spare')
    mkdirSync(obstacle)
    const engine = await createEngine({ durability: 'journal', dataDir })
    const warning = await new Promise((resolve) => {
      engine.on('warning', resolve)
    })
    expect(warning).toMatch(/the journal cannot be opened, and is tried again: .*00000099/)
    rmdirSync(obstacle)
    await engine.ready
    const { accepted } = await engine.ingest([{ device: 'pump-7', metric: 'value', value: 1 }])
    expect(accepted).toBe(1)
    await engine.close()
    const again = await startDurable(dataDir)
    expect(again.devices.get('pump-7')).toBeDefined()
    await again.close()
  })
})

describe('An engine that is closed before it is ready', () => {
  it('tells of no failure', async () => {
    const failures: unknown[] = []
    const engine = await createEngine({ durability: 'journal', dataDir: newFolder() })
    engine.on('failure', (error) => failures.push(error))
    engine.ready.catch(() => undefined)
    await engine.close()
    expect(failures).toEqual([])
  })

  it('has told of its recovery only when readings are taken', async () => {
    const engine = await createEngine({ durability: 'journal', dataDir: newFolder() })
    const taken = new Promise((resolve) => {
      engine.on('recovered', () => resolve(engine.writer().claim(1) !== undefined))
    })
    expect(await taken).toBe(true)
    await engine.close()
  })
})
