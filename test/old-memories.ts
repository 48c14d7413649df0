/**
 * The memory of an engine goes when it is collected, and nobody hurries to do that for pages that were never touched. But a
 * process that has reserved the memory of a hundred engines may not start another process any more.
 */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const PAGE_BYTES = 4096
/** Of address space: some twenty-five engines. */
const MUCH = 256 * 2 ** 30

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A collection of everything takes as long as a hundred tests. */
export function collectOldMemories(): void {
  if (reservedBytes() > MUCH) collect()
}

/** Where the system doesn't tell, it may be any number. */
function reservedBytes(): number {
  try {
    return PAGE_BYTES * Number(readFileSync('/proc/self/statm', 'latin1').split(' ')[0])
  } catch {
    return Infinity
  }
}
