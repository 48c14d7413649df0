import { parentPort, workerData } from 'node:worker_threads'
import { MillraceError } from '../../core/errors.ts'
import { compileKernels } from '../../kernels/kernels.ts'
import { loadDefinition } from '../../pipelines/load-definition.ts'
import { NodeDisk } from '../../storage/disk/node-disk.ts'
import { buffersOf } from './line-batch.ts'
import type { Order, Report, ThreadOrder } from './messages.ts'
import { loadRuntime } from './load-runtime.ts'
import { ShareRun } from './share-run.ts'

const port = parentPort!
const { order, runtime } = workerData as { order: ThreadOrder; runtime: string }

const say = (report: Report): void => {
  const moved = report.kind === 'scanned' ? report.parts.map(({ records }) => records) : []
  const lines = report.kind === 'taken' || report.kind === 'combined' ? buffersOf(report.lines) : []
  port.postMessage(report, [...new Set([...moved, ...lines])])
}

function guarded(act: () => Report): void {
  try {
    say(act())
  } catch (error) {
    fail(error)
  }
}

function fail(error: unknown): void {
  const code = error instanceof MillraceError ? error.code : 'internal'
  const message = error instanceof Error ? error.message : String(error)
  say({
    kind: 'failed',
    code,
    message: code === 'internal' && error instanceof Error ? String(error.stack) : message,
  })
}

try {
  const open = await loadRuntime(runtime)
  const parts = { disk: new NodeDisk(), open, kernels: await compileKernels() }
  const run = ShareRun.open(order, await loadDefinition(order.url), parts)
  port.on('message', (order: Order) => guarded(() => run.work(order)))
  say({ kind: 'ready', shared: run.shared })
} catch (error) {
  fail(error)
}
