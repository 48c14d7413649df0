import { waitForChange } from '../../memory/atomics.ts'

/** A word that nobody changes. */
const word = new Int32Array(new SharedArrayBuffer(4))

/** Leaves the processor and the disk to others for a while: for threads that do nothing else meanwhile. */
export function rest(ms: number): void {
  waitForChange(word, 0, 0, ms)
}
