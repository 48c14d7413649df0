/**
 * Which process it is, beyond its number: numbers are given again. With `/proc` (Linux) the start time in ticks since
 * boot and the boot's id tell two processes of one number apart; elsewhere the number is all there is.
 */
import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** '' = the system doesn't tell. */
  readonly started: string
  readonly boot: string
}

/** Behind the command's name in `/proc/<pid>/stat`: field 3 is the first. */
const STARTED_FIELD = 22 - 3

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid), boot: bootId() }
}

/** Whether that very process is still there. */
export function isAlive({ pid, started, boot }: ProcessIdentity): boolean {
  if (boot !== '' && boot !== bootId()) return false
  if (started !== '') return startOf(pid) === started
  return exists(pid)
}

function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`)
  // the name is in brackets and may have brackets and spaces itself
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[STARTED_FIELD] ?? ''
}

const bootId = (): string => textOf('/proc/sys/kernel/random/boot_id').trim()

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // there, but another user's
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
