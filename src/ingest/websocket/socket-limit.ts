import { readFileSync, readdirSync } from 'node:fs'

/** Descriptors kept free for files, threads and other servers of the process. */
const SPARE_DESCRIPTORS = 64
/** Sockets over the limit that are still answered (503, or /metrics); more are dropped unheard. */
const ANSWERED_ABOVE = 32

/** How many streams and sockets the listeners of a process may have together. */
export interface SocketLimit {
  /** Streams; one more is answered 503. */
  readonly streams: number
  /** Sockets of any kind; what is over it is answered 503, except /metrics and /healthz. */
  readonly answered: number
  /** A socket over it is closed as it is accepted: at the process's limit µWebSockets would spin on accept(). */
  readonly accepted: number
}

/** The limits of this process as it is now. */
export const socketLimit = (connections: number): SocketLimit =>
  limitFor(connections, descriptorLimit(), descriptorsInUse())

/** The same from given figures. */
export function limitFor(connections: number, descriptors: number, inUse: number): SocketLimit {
  const spare = Math.max(SPARE_DESCRIPTORS, inUse + 2 * ANSWERED_ABOVE)
  const answered = Math.max(1, descriptors - spare)
  return { streams: Math.min(connections, answered), answered, accepted: answered + ANSWERED_ABOVE }
}

/** The soft limit of open files; Infinity where the system doesn't say. */
function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return line === null ? Infinity : Number(line[1])
  } catch {
    return Infinity
  }
}

function descriptorsInUse(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return 0
  }
}
