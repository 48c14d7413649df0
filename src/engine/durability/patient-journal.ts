import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Finding } from '../../storage/journal/findings.ts'
import type { JournalThread } from './journal-thread.ts'

const FIRST_REST_MS = 50
const LONGEST_REST_MS = 2000

export interface PatientParts {
  readonly clock: Clock
  /** Number of this start; an attempt that failed has used its number up, as a process that died would have. */
  readonly run: number
  readonly start: (run: number) => ReturnType<typeof JournalThread.start>
  readonly isClosing: () => boolean
  readonly onRetry: (words: string) => void
}

export interface OpenedJournal {
  readonly journal: JournalThread
  readonly findings: readonly Finding[]
  readonly run: number
}

/** Opens the journal, again and again while the disk fails: nothing is lost by waiting, and nobody has to come. */
export async function openPatiently({
  clock,
  run,
  start,
  isClosing,
  onRetry,
}: PatientParts): Promise<OpenedJournal> {
  for (let attempt = 0; ; attempt++) {
    try {
      return { ...(await start(run + attempt)), run: run + attempt }
    } catch (error) {
      const isDisk = error instanceof MillraceError && error.code === 'storage-failed'
      if (!isDisk || isClosing()) throw error
      onRetry(`the journal cannot be opened, and is tried again: ${error.message}`)
      const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** attempt)
      await new Promise<void>((resolve) => clock.after(restMs, resolve))
    }
  }
}
