import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../core/errors.ts'

const IS_SCENARIO = /\.(ya?ml|json)$/

/** Files of scenarios: one that is named, or all that lie directly in a folder, by name. */
export function scenarioFiles(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path]
  const files = readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && IS_SCENARIO.test(entry.name))
    .map(({ name }) => join(path, name))
  if (files.length > 0) return files.sort()
  const message = `no scenario is in ${path}; allowed are files that end in .yaml, .yml or .json`
  throw new MillraceError('bad-config', message, { path })
}
