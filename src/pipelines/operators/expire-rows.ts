import type { KeyTable } from '../state/key-table.ts'
import type { RowQueue } from './row-queue.ts'

/** Rows removed at a time: more than a slice can add, so that the queue never outgrows it, and little in the undo log. */
const MAX_ROWS = 512

/**
 * Removes rows that nothing asks for any more from the front of the queue that their table keeps in its own words. One
 * that is still wanted holds those behind it: they only take room for a while, for what is expired has no say in any answer.
 */
export function expireRows(table: KeyTable, queue: RowQueue, isExpired: (row: number) => boolean): void {
  for (let i = 0; i < MAX_ROWS; i++) {
    const row = queue.first(table.own)
    if (row === 0 || !isExpired(row)) return
    table.remove(row)
  }
}
