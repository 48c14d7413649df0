/** What is found wrong when threads run already: it is said, and nothing stays behind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from 'millrace'
import { afterAll, expect, it } from 'vitest'
import { millrace } from '../cli/spawned.ts'

const folder = mkdtempSync(join(tmpdir(), 'failed-start-'))
afterAll(() => rmSync(folder, { recursive: true }))
const calendar = join(folder, 'calendar.yaml')
writeFileSync(calendar, 'events:\n  - { name: opening, starts: tomorrow, duration: 1h, factor: 4 }\n')
const sound = {
  durability: 'journal' as const,
  dataDir: join(folder, 'data'),
  limits: { series: 1000, devices: 1000 },
}
const config = { ...sound, scaling: { forecast: { calendars: [calendar] } } }

it('ends the server', async () => {
  const file = join(folder, 'millrace.json')
  writeFileSync(file, JSON.stringify(config))
  const { code, err } = await millrace('serve', '--port', '0', '--config', file)
  expect(err).toContain('calendar.yaml')
  expect(code).toBe(2)
})

it('lets go of everything in an embedding program, which may try again', async () => {
  await expect(createEngine(config)).rejects.toMatchObject({ code: 'bad-config' })
  const engine = await createEngine(sound)
  await engine.ready
  await engine.close()
})
