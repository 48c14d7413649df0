import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { killedNow, newFolder, startDurable } from './durable-rig.ts'
import { isIdle, startEngine, until } from './rig.ts'

/** Processes nothing until the file is there. */
const waitingFor = (gate: string): string =>
  `data:text/javascript,${encodeURIComponent(`
import { existsSync } from 'node:fs'
const word = new Int32Array(new SharedArrayBuffer(4))
export const name = 'waiting'
export function onReadings() { while (!existsSync(${JSON.stringify(gate)})) Atomics.wait(word, 0, 0, 5) }`)}`

/** An engine in the midst of its replay, which ends when `goOn` is called. */
async function startReplaying(dataDir: string): Promise<{ engine: Engine; goOn: () => Promise<void> }> {
  const gate = `${dataDir}-gate`
  const config: ConfigInput = { pool: { max: 4, hangTimeoutMs: 120_000 }, pipeline: waitingFor(gate) }
  const engine = await startEngine({ durability: 'journal', dataDir, ...config })
  const goOn = (): Promise<void> => (writeFileSync(gate, ''), engine.ready)
  return { engine, goOn }
}

async function killedAfterReadings(): Promise<string> {
  const dataDir = newFolder()
  const first = await startDurable(dataDir)
  first.devices.register('pump', { tier: 'critical' })
  await first.ingest([{ device: 'pump', metric: 'value', value: 1 }])
  await until(() => isIdle(first), 'all processed')
  return killedNow(dataDir)
}

const CHANGES = [
  { method: 'PUT', path: '/v1/devices/pump', body: '{"tier":"bulk"}' },
  { method: 'PUT', path: '/v1/devices/new', body: '{}' },
  { method: 'DELETE', path: '/v1/devices/pump', body: undefined },
  { method: 'POST', path: '/v1/devices', body: '[{"name":"new"}]' },
  { method: 'PUT', path: '/v1/metrics-dictionary/new', body: '{}' },
]

describe('A device or metric that is to be changed', { timeout: 60_000 }, () => {
  it('is not while the journal is replayed, and whoever wants to is told when to come again', async () => {
    const { engine, goOn } = await startReplaying(await killedAfterReadings())
    const { port } = await engine.listen()
    const change = ({ method, path, body }: (typeof CHANGES)[number]) =>
      fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body === undefined ? {} : { body }) })
    for (const one of CHANGES) {
      const response = await change(one)
      expect(response.status).toBe(503)
      expect(response.headers.get('retry-after')).toBe('1')
      expect(await response.json()).toEqual({
        ...{ code: 'not-ready', retryable: true },
        message: expect.stringContaining('cannot be changed while the engine takes in again') as string,
      })
    }
    const refusal = expect.objectContaining({ code: 'not-ready' }) as Error
    expect(() => engine.devices.register('new')).toThrow(refusal)
    expect(() => engine.devices.delete('pump')).toThrow(refusal)
    expect(() => engine.metrics.define('new')).toThrow(refusal)
    expect(engine.devices.ensure('new')).toBe('not-ready')
    expect(engine.metrics.ensure('new')).toBe('not-ready')
    await goOn()
    expect(engine.devices.get('pump')).toMatchObject({ tier: 'critical' })
    expect(engine.devices.get('new')).toBeUndefined()
    for (const one of CHANGES) expect((await change(one)).ok).toBe(true)
  })

  it('is, as soon as the engine is ready, and stays so', async () => {
    const dataDir = await killedAfterReadings()
    const { engine, goOn } = await startReplaying(dataDir)
    await goOn()
    engine.devices.register('pump', { tier: 'bulk' })
    engine.metrics.define('pressure')
    await engine.ingest([{ device: 'pump', metric: 'pressure', value: 1 }])
    const later = await startDurable(killedNow(dataDir))
    expect(later.devices.get('pump')).toMatchObject({ tier: 'bulk' })
    expect(later.metrics.get('pressure')).toEqual(engine.metrics.get('pressure'))
  })
})
