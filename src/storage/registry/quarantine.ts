/** Puts a damaged database aside, where it can be looked at; the oldest are removed, so that they don't fill the disk. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from './label.ts'

const KEPT = 3
const QUARANTINED = /^damaged-.*\.mdb$/

/** Returns where it is now; '' if there was none. */
export function quarantine(path: string, epochMs: number): string {
  const folder = dirname(path)
  rmSync(`${path}-lock`, { force: true })
  if (!existsSync(path)) return ''
  const to = join(folder, `damaged-${new Date(epochMs).toISOString().replaceAll(':', '')}.mdb`)
  renameSync(path, to)
  const all = readdirSync(folder).filter((name) => QUARANTINED.test(name))
  for (const name of all.sort().slice(0, -KEPT)) rmSync(join(folder, name), { force: true })
  syncFolder(folder)
  return to
}
