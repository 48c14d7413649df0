import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../core/errors.ts'
import { storage } from './folder-store.ts'

/** Takes the folder for this process; returns what gives it back. Throws `data-dir-in-use` if a living one has it. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock')
  const take = () =>
    writeFileSync(path, `${process.pid} ${startOf(process.pid)}`, { flag: 'wx', mode: 0o600 })
  storage('lock', path, () => {
    if (existsSync(path)) removeStale(path, folder)
    take()
  })
  return () => unlinkSync(path)
}

function removeStale(path: string, folder: string): void {
  const [pid, start] = readFileSync(path, 'utf8').split(' ')
  const holder = Number(pid)
  if (holder > 0 && isAlive(holder) && startOf(holder) === start) {
    throw new MillraceError(
      'data-dir-in-use',
      `process ${holder} works in ${folder}; if that is another program, remove ${path}`,
      { folder, holder },
    )
  }
  unlinkSync(path)
}

/** When a process started, where the system says so: process ids are given again, after a restart of a container at once. */
function startOf(pid: number): string {
  try {
    // behind the name, which may have blanks and brackets in it
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19]
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
