/** Files of rules in an engine: they run, are read again when they change, and stay when a new version is broken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Alert, AlertChange } from '../../src/core/alert.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import { startEngine, until } from './rig.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-rules-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'yard.yaml')
const write = (...rules: string[]): void =>
  writeFileSync(file, `name: yard\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`)

const HOT =
  '{ name: hot, metrics: temperature, threshold: { above: 80, hysteresis: 5 }, labels: { team: ovens } }'
const GONE = "{ name: gone, devices: 'oven-*', missing: { for: 1500ms } }"
const COLD = '{ name: cold, metrics: temperature, threshold: { below: 90 }, severity: low }'

describe('rules in an engine', () => {
  it('raise, resolve, and change with their file', { timeout: 60_000 }, async () => {
    write(HOT, GONE)
    const engine = await startEngine({ alertRules: [file], devices: [{ name: 'oven-1' }] })
    const heard: string[] = []
    const warnings: string[] = []
    engine.on('alert', (alert: Alert, change: AlertChange) => {
      if (change !== 'updated')
        heard.push(`${change} ${alert.rule} ${alert.key} ${alert.labels.team ?? ''}`.trim())
    })
    engine.on('warning', (warning) => warnings.push(warning))
    const send = (value: number) => engine.ingest([{ device: 'oven-1', metric: 'temperature', value }])

    await send(85)
    await until(
      () => heard.includes('raised hot oven-1/temperature ovens'),
      () => heard.join('; '),
    )
    // nothing comes any more
    await until(
      () => heard.includes('raised gone oven-1/temperature'),
      () => heard.join('; '),
    )
    await send(85)
    await until(
      () => heard.includes('resolved gone oven-1/temperature'),
      () => heard.join('; '),
    )
    expect(heard.filter((line) => line.includes(' hot '))).toHaveLength(1)
    expect(engine.pipelines.list()).toMatchObject([
      { name: 'yard', url: expect.stringMatching(/yard\.yaml$/) as string },
    ])

    write(HOT.replace('above', 'over'))
    await until(() => warnings.length > 0, 'a warning')
    expect(warnings).toEqual([
      expect.stringMatching(/yard\.yaml stay as they were: .*yard\.yaml:3:.*unknown key/),
    ])

    write(COLD)
    await until(
      () => heard.includes('resolved hot oven-1/temperature ovens'),
      () => heard.join('; '),
    )
    await send(85)
    await until(
      () => heard.includes('raised cold oven-1/temperature'),
      () => heard.join('; '),
    )
    expect(warnings).toHaveLength(1)
  })

  it('keep an engine from starting that are wrong, or not there', async () => {
    write(HOT, HOT)
    await expect(createEngine({ alertRules: [file] })).rejects.toThrow(
      /yard\.yaml:4:\d+: rules\[1\]\.name: "hot" is the name of rules\[0\]/,
    )
    await expect(createEngine({ alertRules: [join(folder, 'none.yaml')] })).rejects.toMatchObject({
      code: 'storage-failed',
    })
  })
})
