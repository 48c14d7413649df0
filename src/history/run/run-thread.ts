import { Worker } from 'node:worker_threads'
import { programFile } from '../../core/package-files.ts'
import { type ErrorCode, ERROR_CODES, MillraceError } from '../../core/errors.ts'
import type { Order, Report, ThreadOrder } from './messages.ts'

const ENTRY = programFile('history/run/history.worker.js')

/** A thread of the run, or something that does the same in this one. */
export interface RunThread {
  /** When it is ready: what other threads are started with. */
  readonly ready: Promise<unknown>
  send(order: Order): void
  close(): Promise<void>
}

export interface ThreadEvents {
  readonly report: (report: Report) => void
  readonly failed: (error: Error) => void
}

/** `runtime` is the module that opens pipelines. */
export function startThread(order: ThreadOrder, runtime: string, events: ThreadEvents): RunThread {
  const worker = new Worker(ENTRY, {
    workerData: { order, runtime },
  })
  const ready = new Promise<unknown>((resolve, reject) => {
    worker.on('message', (report: Report) => {
      if (report.kind === 'ready') resolve(report.shared)
      else if (report.kind === 'failed') fail(failureOf(report))
      else events.report(report)
    })
    const fail = (error: Error): void => {
      reject(error)
      events.failed(error)
    }
    worker.on('error', fail)
    worker.on('exit', (code) => fail(new MillraceError('internal', `a thread ended with ${code}`)))
  })
  return {
    ready,
    send: (order) => worker.postMessage(order, order.kind === 'take' ? [order.records] : []),
    close: async () => {
      worker.removeAllListeners()
      await worker.terminate()
    },
  }
}

function failureOf({ code, message }: { readonly code: string; readonly message: string }): MillraceError {
  return new MillraceError(code in ERROR_CODES ? (code as ErrorCode) : 'internal', message)
}
