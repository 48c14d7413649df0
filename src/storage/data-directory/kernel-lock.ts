/**
 * A lock that the kernel holds for an open file and lets go of when its process ends, however it ends: no number of a
 * process to trust, and it holds between containers that share the directory. Node has no call for it, but the lock of
 * flock(2) belongs to the open file and not to who asked for it: so the `flock` program asks, for a descriptor that it
 * inherits and that stays open here. BSD and macOS can ask for it while opening.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'

const O_EXLOCK = 0x20
const LOCKED_BY_ANOTHER = 1
const OPENING_LOCKS: readonly string[] = ['darwin', 'freebsd', 'openbsd']

export type KernelLock =
  | { readonly state: 'held'; readonly release: () => void }
  | { readonly state: 'taken' }
  /** No way to ask on this system. */
  | { readonly state: 'unsupported' }

export function takeKernelLock(path: string, platform: string = process.platform): KernelLock {
  return OPENING_LOCKS.includes(platform) ? lockByOpening(path) : lockByProgram(path)
}

function lockByProgram(path: string): KernelLock {
  const file = openSync(path, 'a', 0o600)
  const { status, error } = spawnSync('flock', ['-n', '-x', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file],
  })
  if (error === undefined && status === 0) return { state: 'held', release: () => closeSync(file) }
  closeSync(file)
  return { state: error === undefined && status === LOCKED_BY_ANOTHER ? 'taken' : 'unsupported' }
}

function lockByOpening(path: string): KernelLock {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK
  try {
    const file = openSync(path, flags, 0o600)
    return { state: 'held', release: () => closeSync(file) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return { state: 'taken' }
    return { state: 'unsupported' }
  }
}
