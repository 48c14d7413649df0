import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, by name under test/. */
const LONGEST = [
  'torture/torture',
  'bench/e2e',
  'simulation/run/scenarios',
  'examples/commands',
  'ingest/websocket/servers',
  'demo/demo',
  'engine/sockets',
  'engine/degradation',
  'engine/durability',
  'engine/partly-refused',
  'engine/pipelines-durable',
  'examples/examples',
  'storage/registry/damage',
  'engine/durable-server',
  'engine/processes',
  'engine/listeners',
  'engine/storage-tiers',
  'engine/pipelines-under-load',
]

const pathOf = (name: string): string => fileURLToPath(new URL(`./${name}.test.ts`, import.meta.url))

/**
 * Begins with the longest files, so that none of them is left over for one worker while the other has nothing to do any
 * more. Vitest knows what took long by itself only where it has run before.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const paths = LONGEST.map(pathOf)
    const gone = paths.find((path) => !existsSync(path))
    if (gone !== undefined) throw new Error(`test/longest-first.ts names ${gone}, which is not there`)
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = paths.indexOf(moduleId)
      return index < 0 ? paths.length : index
    }
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b))
  }
}
