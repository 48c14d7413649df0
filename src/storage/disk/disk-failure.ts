import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'
import { MillraceError } from '../../core/errors.ts'

/** The error of every failing Disk call, whichever disk it is: the system's code, the call and the path. */
export function diskFailure(code: string, call: string, path: string, cause?: unknown): MillraceError {
  const message = `${call} ${path}: ${systemWords(code)} (${code})`
  return new MillraceError('storage-failed', message, { code, call, path }, cause)
}

function systemWords(code: string): string {
  const errno = (constants.errno as Record<string, number | undefined>)[code]
  return (errno === undefined ? undefined : getSystemErrorMap().get(-errno)?.[1]) ?? 'failed'
}

/** Runs a call of node:fs; what it throws is told as a disk failure. */
export function onDisk<T>(call: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof MillraceError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (typeof code !== 'string') throw error
    throw diskFailure(code, call, path, error)
  }
}
