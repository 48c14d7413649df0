/**
 * One data directory, one engine. Two steps: the kernel's lock where there is one, and a record of who it is, which
 * names the holder in messages and is all there is where the kernel has no lock.
 *
 * Records are numbered files, `engine.<n>.lock`; the highest one counts. One is only ever made by linking a finished file
 * to the number behind the highest, which succeeds for one of several at the same time, and the highest is never removed,
 * by nobody: so a number is never given twice, and who comes late with an old view of the folder finds a higher one than
 * its own.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../core/errors.ts'
import { type KernelLock, takeKernelLock } from './kernel-lock.ts'
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts'

export const KERNEL_LOCK_FILE = 'engine.lock'
const RECORD = /^engine\.(\d+)\.lock$/
const MAX_ATTEMPTS = 100

/** Who has the directory, or had it last. */
export interface LockHolder extends ProcessIdentity {
  readonly sinceEpochMs: number
  /** Whether the kernel's lock stands behind it: then who has that lock knows that this one is gone. */
  readonly kernel: boolean
  readonly released: boolean
}

export interface DirectoryLock {
  readonly release: () => void
}

/** Takes the lock or throws `data-dir-in-use` with the holder. */
export function takeLock(
  folder: string,
  epochMs: number,
  kernelLock: (path: string) => KernelLock = takeKernelLock,
): DirectoryLock {
  const kernel = kernelLock(join(folder, KERNEL_LOCK_FILE))
  if (kernel.state === 'taken') throw inUse(folder, highest(folder)?.holder)
  const own = { ...ownIdentity(), sinceEpochMs: epochMs, kernel: kernel.state === 'held', released: false }
  const letGo = kernel.state === 'held' ? kernel.release : (): void => undefined
  try {
    const number = claim(folder, own)
    return {
      release: () => {
        writeRecord(folder, number, { ...own, released: true }, 'replace')
        letGo()
      },
    }
  } catch (error) {
    letGo()
    throw error
  }
}

interface LockRecord {
  readonly number: number
  /** Undefined: gone, or not what an engine wrote. */
  readonly holder: LockHolder | undefined
}

function claim(folder: string, own: LockHolder): number {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const last = highest(folder)
    if (last !== undefined && blocks(last.holder, own.kernel)) throw inUse(folder, last.holder)
    const number = (last?.number ?? 0) + 1
    if (!writeRecord(folder, number, own, 'add')) continue
    if (highest(folder)?.number === number) {
      removeBelow(folder, number)
      return number
    }
    rmSync(recordPath(folder, number), { force: true })
  }
  throw inUse(folder, undefined)
}

/** Whether the holder keeps others out. */
function blocks(holder: LockHolder | undefined, haveKernelLock: boolean): boolean {
  if (holder === undefined || holder.released) return false
  return holder.kernel && haveKernelLock ? false : isAlive(holder)
}

/** Records appear whole under their name. Returns false if there is one of this number already. */
function writeRecord(folder: string, number: number, holder: LockHolder, how: 'add' | 'replace'): boolean {
  const draft = join(folder, `engine.${randomUUID()}.draft`)
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 })
  try {
    if (how === 'replace') renameSync(draft, recordPath(folder, number))
    else linkSync(draft, recordPath(folder, number))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function highest(folder: string): LockRecord | undefined {
  const [number] = numbers(folder).sort((a, b) => b - a)
  return number === undefined ? undefined : { number, holder: readRecord(recordPath(folder, number)) }
}

function readRecord(path: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockHolder> | null
    return Number.isInteger(holder?.pid) ? (holder as LockHolder) : undefined
  } catch {
    return undefined
  }
}

function removeBelow(folder: string, limit: number): void {
  for (const number of numbers(folder)) {
    if (number < limit) rmSync(recordPath(folder, number), { force: true })
  }
}

const numbers = (folder: string): number[] =>
  readdirSync(folder).flatMap((name) => {
    const match = RECORD.exec(name)
    return match === null ? [] : [Number(match[1])]
  })

const recordPath = (folder: string, number: number): string => join(folder, `engine.${number}.lock`)

function inUse(folder: string, holder: LockHolder | undefined): MillraceError {
  const since = holder === undefined ? '' : ` since ${new Date(holder.sinceEpochMs).toISOString()}`
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`
  const message = `${folder}: ${who} works in this data directory${since}; stop it, or give another directory`
  const context = { path: folder, ...(holder === undefined ? {} : { pid: holder.pid }) }
  return new MillraceError('data-dir-in-use', message, context)
}
