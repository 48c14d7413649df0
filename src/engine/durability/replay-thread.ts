import { Worker } from 'node:worker_threads'
import { programFile } from '../../core/package-files.ts'
import type { PartRefusal } from '../../ingest/part-refusals.ts'
import { addToWord, wakeWaiters } from '../../memory/atomics.ts'
import type { Finding } from '../../storage/journal/findings.ts'
import type { FromReplay, ReplayRecipe } from './recipes.ts'

const ENTRY = programFile('engine/threads/replay.worker.js')

export interface ReplayHandlers {
  /** From 0 to 1, and a cursor of the main thread's ring before which all is known to be safe. */
  readonly onProgress: (share: number, provenTo: number) => void
  readonly onNote: (kind: number, text: Uint8Array) => void
  readonly onFinding: (finding: Finding) => void
  readonly onPartRefusal: (refusal: PartRefusal) => void
}

/** Replays the journal on a thread of its own; resolves to the readings that were taken in again. */
export function replayJournal(
  recipe: Omit<ReplayRecipe, 'answered'>,
  { onProgress, onNote, onFinding, onPartRefusal }: ReplayHandlers,
): { readonly done: Promise<number>; readonly stop: () => Promise<unknown> } {
  const answered = new SharedArrayBuffer(4)
  const answers = new Int32Array(answered)
  const workerData: ReplayRecipe = { ...recipe, answered }
  const worker = new Worker(ENTRY, { workerData, name: 'millrace-replay' })
  const done = new Promise<number>((resolve, reject) => {
    worker.on('message', (message: FromReplay) => {
      if (message.kind === 'progress') onProgress(message.share, message.provenTo)
      else if (message.kind === 'finding') onFinding(message.finding)
      else if (message.kind === 'partRefusal') onPartRefusal(message.refusal)
      else if (message.kind === 'done') resolve(message.readings)
      else {
        onNote(message.of, message.text)
        addToWord(answers, 0, 1)
        wakeWaiters(answers, 0)
      }
    })
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the replay ended before its end')))
  })
  return { done, stop: () => worker.terminate() }
}
