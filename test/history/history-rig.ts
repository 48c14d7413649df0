import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FormatKind } from '../../src/history/input/chunk.ts'
import { openInput } from '../../src/history/input/open-input.ts'
import { HistoryRun, type RunSummary } from '../../src/history/run/history-run.ts'
import { loadDefinition } from '../../src/pipelines/load-definition.ts'
import type { RunFault, ThreadOrder } from '../../src/history/run/messages.ts'
import type { OpenStream } from '../../src/history/run/open-stream.ts'
import type { RunThread, ThreadEvents } from '../../src/history/run/run-thread.ts'
import { ShareRun } from '../../src/history/run/share-run.ts'
import { PLAIN_FIELDS } from '../../src/history/scan/columns.ts'
import { compileKernels } from '../../src/kernels/kernels.ts'
import { NodeDisk } from '../../src/storage/disk/node-disk.ts'
import { plainRoom } from '../../src/storage/journal/checksum.ts'
import { endEachFile } from '../endings.ts'
import { openStream } from './sums.fixture.js'

const kernels = await compileKernels()
const folders: string[] = []
endEachFile(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-history-'))
  folders.push(folder)
  return folder
}

export const SUMS = new URL('./sums.pipeline.js', import.meta.url).href

export interface Ran {
  readonly lines: string[]
  readonly faults: RunFault[]
  readonly summary: RunSummary
}

/** Runs the sums of each series and minute over inputs, by as many "threads", all in this one. */
export async function runSums(
  paths: readonly string[],
  threads: number,
  {
    format,
    open = openStream,
    ...order
  }: Partial<ThreadOrder> & {
    format?: FormatKind
    open?: OpenStream
    stdin?: AsyncIterable<Uint8Array>
  } = {},
): Promise<Ran> {
  const inputs = await Promise.all(
    paths.map((path) =>
      openInput(path, format, {
        disk: new NodeDisk(),
        room: async () => plainRoom(),
        stdin: order.stdin ?? process.stdin,
        say: () => undefined,
      }),
    ),
  )
  const lines: string[] = []
  const faults: RunFault[] = []
  const summary = await new HistoryRun({
    inputs,
    order: {
      ...{ shares: threads, url: SUMS, formats: inputs.map(({ format }) => format), fields: PLAIN_FIELDS },
      ...{ devices: [], dictionary: [], metrics: [], defaultTier: 'standard', latenessMs: undefined },
      topic: undefined,
      ...{ untilMs: Infinity, fromMs: -Infinity, toMs: Infinity },
      ...order,
    },
    start: (order, events) => inline(order, events, open),
    write: (some) => void lines.push(...new TextDecoder().decode(some).split('\n').slice(0, -1)),
    onFault: (fault) => faults.push(fault),
    onDeadLetter: () => undefined,
    onProgress: () => undefined,
  }).run()
  return { lines, faults, summary }
}

/** A thread that isn't one. */
function inline(order: ThreadOrder, events: ThreadEvents, open: OpenStream): RunThread {
  const run = loadDefinition(order.url).then((definition) =>
    ShareRun.open(order, definition, { disk: new NodeDisk(), open, kernels }),
  )
  return {
    ready: run.then(({ shared }) => shared),
    send: (order) =>
      void run
        .then((share) => {
          const report = share.work(order)
          setImmediate(() => events.report(report))
        })
        .catch(events.failed),
    close: async () => undefined,
  }
}
