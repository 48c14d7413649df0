/**
 * Explorations that find nothing prove something only if they find what is there. MILLRACE_REPORT=1 tries more seeds and
 * writes the table of docs/reliability.md anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { exploreCrashes } from '../../../src/simulation/disk/explore-crashes.ts'
import type { Exploration } from '../../../src/simulation/disk/explore-crashes.ts'
import type { CrashScenario } from '../../../src/simulation/disk/crash-scenario.ts'
import type { Disk } from '../../../src/core/disk.ts'
import { checkpointScenario } from './checkpoint-crashes.ts'
import { journalScenario } from './journal-crashes.ts'
import * as planted from './planted-bugs.ts'

const IS_REPORT = process.env.MILLRACE_REPORT === '1'
const SEED = Number(process.env.MILLRACE_SEED ?? 1)
const SEEDS = Array.from({ length: IS_REPORT ? 5 : 1 }, (_, i) => SEED + i)
const MOST_RUNS = 500
const DOCUMENT = new URL('../../../docs/reliability.md', import.meta.url)

interface Bug {
  readonly words: string
  explore(seed: number): Promise<Exploration>
}

const honest = (disk: Disk): Disk => disk

function bug<Account>(words: string, scenario: CrashScenario<Account>, wrap: (disk: Disk) => Disk): Bug {
  const options = { runs: MOST_RUNS, pointsPerWorkload: 20, wrap }
  return { words, explore: (seed) => exploreCrashes(scenario, { seed, ...options }) }
}

const journal = (work: { faults?: boolean; tellsEarly?: boolean } = {}) =>
  journalScenario('journal', { faults: false, ...work })
const checkpoint = (work: { faults?: boolean; tellsEarly?: boolean } = {}) =>
  checkpointScenario('checkpoint', { faults: false, ...work })

const BUGS: readonly Bug[] = [
  bug('journal: `fdatasync` is left out', journal(), planted.skipsSync),
  bug('journal: one of three `fdatasync` is left out', journal(), planted.skipsSomeSyncs),
  bug('journal: folders are not synced', journal(), planted.skipsFolderSync),
  bug('journal: acknowledged when appended, before the commit', journal({ tellsEarly: true }), honest),
  bug(
    'journal: a write reaches the disk after the sync that was to cover it',
    journal(),
    planted.reordersWrites,
  ),
  bug(
    'journal: a failed `fdatasync` is repeated and believed',
    journal({ faults: true }),
    planted.retriesFailedSync,
  ),
  bug('journal: a full disk is not noticed', journal({ faults: true }), planted.ignoresFullDisk),
  bug('checkpoint: `fdatasync` is left out', checkpoint(), planted.skipsSync),
  bug('checkpoint: one of three `fdatasync` is left out', checkpoint(), planted.skipsSomeSyncs),
  bug('checkpoint: folders are not synced', checkpoint(), planted.skipsFolderSync),
  bug('checkpoint: taken for published when it is sealed', checkpoint({ tellsEarly: true }), honest),
  bug('checkpoint: its manifest is copied, not renamed', checkpoint(), planted.renamesByCopy),
  bug(
    'checkpoint: a failed `fdatasync` is repeated and believed',
    checkpoint({ faults: true }),
    planted.retriesFailedSync,
  ),
]

describe('An exploration finds', () => {
  const rows: string[] = []

  it.each(BUGS.map((one) => [one.words, one] as const))(
    '%s',
    async (words, one) => {
      const runs: number[] = []
      for (const seed of SEEDS) {
        const result = await one.explore(seed)
        expect(result.violations.map(({ error }) => error.name)).toEqual(['BrokenPromise'])
        if (IS_REPORT) console.log(words, result.violations[0].error.message)
        runs.push(result.runs)
      }
      runs.sort((a, b) => a - b)
      rows.push(`| ${words} | ${runs[runs.length >> 1]} | ${runs[runs.length - 1]} |`)
    },
    600_000,
  )

  afterAll(() => {
    console.log(rows.join('\n'))
    if (IS_REPORT) writeTable(rows)
  })
})

function writeTable(rows: readonly string[]): void {
  const head = [`| planted bug | runs, median of ${SEEDS.length} seeds | at most |`, '|---|---:|---:|']
  const [before, rest] = readFileSync(DOCUMENT, 'utf8').split('<!-- planted bugs -->\n')
  const after = rest.slice(rest.indexOf('<!-- end of planted bugs -->'))
  writeFileSync(
    DOCUMENT,
    [before, '<!-- planted bugs -->\n', [...head, ...rows].join('\n'), '\n', after].join(''),
  )
}
