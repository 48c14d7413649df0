/**
 * The memory of an engine goes when it is collected, and nobody hurries to do that for pages that were never touched. But a
 * process that has more memory to its name than the machine has may not start another process any more (`spawn ENOMEM`).
 */
import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const PAGE_BYTES = 4096
/** What of the machine's may be to the name of this process. */
const MUCH = totalmem() / 4
/** In `/proc/self/statm`: pages that may be written, touched or not; address space that is only reserved is not among them. */
const DATA = 5

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A collection of everything takes as long as a hundred tests. */
export function collectOldMemories(): void {
  if (writableBytes() > MUCH) collect()
}

/** Where the system doesn't tell, it may be any number. */
function writableBytes(): number {
  try {
    return PAGE_BYTES * Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[DATA])
  } catch {
    return Infinity
  }
}
