import type { ReadingFault } from './json-reading.ts'

/** What has to be known of a faulty reading to answer its message. */
export type NotedFault = Pick<ReadingFault, 'index' | 'malformed' | 'code'>

/** In the message area of a frame made from JSON: the number of faults that are noted behind its readings. */
const COUNT_OFFSET = 8
const FAULT_BYTES = 8
const MALFORMED = 0x8000_0000
/** There was no room for them: a message of many elements, each too short for a reading. */
const NOT_NOTED = 0xffff_ffff

/**
 * Notes in a frame which readings of its message are not in it, in the room that these would have taken: so the journal
 * has it, and whoever reads the frame there knows of which reading of the message each of its readings is made.
 * `message` = the message area, all of it; `end` = where the readings end in there.
 */
export function noteFaults(message: DataView, end: number, faults: readonly NotedFault[]): void {
  const isRoom = end + faults.length * FAULT_BYTES <= message.byteLength
  message.setUint32(COUNT_OFFSET, isRoom ? faults.length : NOT_NOTED, true)
  if (!isRoom) return
  for (const [i, { index, malformed, code }] of faults.entries()) {
    message.setUint32(end + i * FAULT_BYTES, index, true)
    message.setUint32(end + i * FAULT_BYTES + 4, (malformed ? MALFORMED : 0) + code, true)
  }
}

/** What `noteFaults` noted; null where there was no room for it. */
export function notedFaults(message: DataView, end: number): NotedFault[] | null {
  const count = message.getUint32(COUNT_OFFSET, true)
  if (end + count * FAULT_BYTES > message.byteLength) return null
  return Array.from({ length: count }, (_, i) => {
    const word = message.getUint32(end + i * FAULT_BYTES + 4, true)
    const malformed = word >= MALFORMED
    const index = message.getUint32(end + i * FAULT_BYTES, true)
    return { index, malformed, code: malformed ? word - MALFORMED : word }
  })
}
