/** A thread that plays seeds of a scenario, one after the other, for as long as there are any. */
import { Worker } from 'node:worker_threads'
import { type ErrorCode, MillraceError } from '../../core/errors.ts'
import { programFile } from '../../core/package-files.ts'
import type { Report } from '../result/report.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'

const ENTRY = programFile('simulation/run/swarm.worker.js')

export interface SwarmOrder {
  readonly scenario: LoadedScenario
  readonly forecasts: boolean | undefined
}

/** Of a thread, to a seed that it was sent. */
export type SwarmAnswer =
  | { readonly kind: 'played'; readonly report: Report }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }

/** `next` gives a seed to play, or undefined when there is none any more. */
export async function playInThread(
  order: SwarmOrder,
  next: () => number | undefined,
  took: (report: Report) => void,
): Promise<void> {
  const worker = new Worker(ENTRY, { workerData: order, name: 'millrace-swarm' })
  try {
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        const seed = next()
        if (seed === undefined) resolve()
        else worker.postMessage(seed)
      }
      worker.on('message', (answer: SwarmAnswer) => {
        if (answer.kind === 'failed') return reject(new MillraceError(answer.code, answer.message))
        took(answer.report)
        go()
      })
      worker.on('error', reject)
      worker.on('exit', (code) => reject(new MillraceError('internal', `a thread ended with ${code}`)))
      go()
    })
  } finally {
    worker.removeAllListeners()
    await worker.terminate()
  }
}
