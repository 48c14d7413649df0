import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { planMemory } from '../../src/memory/memory-plan.ts'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/memory-map.md', root), 'utf8')

describe('docs/memory-map.md', () => {
  it('is what the script makes of the layouts', () => {
    const script = fileURLToPath(new URL('scripts/generate-memory-map.js', root))
    expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow()
  })

  it('has every segment, in order, with its writer', () => {
    const { segments } = planMemory({
      ...{ series: 1000, devices: 10, ringBytes: 1 << 20, rings: 1, backlogBytes: 1 << 20, workers: 1 },
      ...{ limitsDeviceRate: true, shardStateBytes: 0 },
    })
    const table = page.slice(page.indexOf('| segment |'), page.indexOf('## Reading'))
    const rows = [...table.matchAll(/^\| `(\w+)` \| (.+?) \|/gm)].map(([, name]) => name)
    expect(rows).toEqual(segments.map(({ name }) => name))
  })

  it('has every constant of every layout', () => {
    const folder = new URL('src/memory/layout/', root)
    const names = readdirSync(folder).flatMap((file) =>
      [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^export const (\w+)/gm)].map(
        ([, name]) => name,
      ),
    )
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })
})
