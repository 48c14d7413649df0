/**
 * What is wrong with a simulated disk: calls that fail when it is their turn, a medium that is full or read-only, syncs
 * that take time. Set before or while work goes on.
 */

/** The calls by the names that failures carry. */
export type DiskCall =
  | 'open'
  | 'write'
  | 'read'
  | 'fdatasync'
  | 'ftruncate'
  | 'rename'
  | 'unlink'
  | 'mkdir'
  | 'fsync'

interface PlannedFailure {
  readonly call: DiskCall
  readonly code: string
  spared: number
  left: number
}

export class DiskFaults {
  /** Room for sectors, of all files together. */
  capacityBytes = Infinity
  readOnly = false
  /** How long a sync takes, of a file or a folder. */
  syncMs = 0
  /** After a failed sync reads see what the medium has, not what was written. */
  forgetsAfterFailedSync = false
  #planned: PlannedFailure[] = []

  /** The next `times` calls fail, after `spared` more that don't. */
  fail(call: DiskCall, { code = 'EIO', spared = 0, times = 1 } = {}): void {
    this.#planned.push({ call, code, spared, left: times })
  }

  /** The disk is well again; what was lost stays lost. */
  clear(): void {
    this.capacityBytes = Infinity
    this.readOnly = false
    this.syncMs = 0
    this.forgetsAfterFailedSync = false
    this.#planned = []
  }

  /** The code this call fails with, if it does; counts the call. */
  codeFor(call: DiskCall): string | undefined {
    let code: string | undefined
    for (const planned of this.#planned) {
      if (planned.call !== call || planned.left === 0) continue
      if (planned.spared > 0) {
        planned.spared--
        continue
      }
      planned.left--
      code ??= planned.code
    }
    return code
  }
}
