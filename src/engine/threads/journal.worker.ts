import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { openKernels } from '../../kernels/kernels.ts'
import { Doorbell, Signals } from '../../memory/agents/signals.ts'
import { observeCursor, waitForChange } from '../../memory/atomics.ts'
import { CONTROL_JOURNAL_SIGNAL, CONTROL_JOURNAL_STOP } from '../../memory/layout/control.layout.ts'
import { viewMemory } from '../../memory/shared-memory.ts'
import { NodeDisk } from '../../storage/disk/node-disk.ts'
import { kernelChecksum, plainRoom } from '../../storage/journal/checksum.ts'
import { JournalAgent } from '../../storage/journal/journal-agent.ts'
import { Journal } from '../../storage/journal/journal.ts'
import type { FromJournal, JournalRecipe } from '../durability/recipes.ts'

const READINGS_PER_COMMIT = 1 << 21
/** While frames wait for their commit, how often it is looked whether there are enough of them. */
const STEP_MS = 1
const SLEEP_MS = 100

const recipe = workerData as JournalRecipe
const {
  memory: wasm,
  kernels: module,
  plan,
  folder,
  run,
  everyMs,
  everyBytes,
  segmentBytes,
  retainBytes,
} = recipe
const memory = viewMemory(wasm)
const { control } = plan.at
const clock = systemClock()
const signals = new Signals(memory, control)
const doorbell = new Doorbell(memory, control)
const post = (message: FromJournal): void => parentPort?.postMessage(message)

const isStopped = (): boolean => observeCursor(memory.i32, control + CONTROL_JOURNAL_STOP) !== 0

/** Undefined when the disk fails: whoever has started this thread tries again with another one. */
function open(): Journal | undefined {
  try {
    return Journal.open({
      ...{ disk: new NodeDisk(), clock, folder, run, room: plainRoom() },
      checksum: kernelChecksum(openKernels(module, wasm), wasm, plan.at.crcTables),
      options: { segmentBytes, retainBytes },
    })
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'storage-failed') throw error
    post({ kind: 'unopened', message: error.message })
    return undefined
  }
}

function keep(journal: Journal): void {
  const agent = new JournalAgent({
    ...{ memory, plan, clock, journal, options: { everyMs, everyBytes, segmentBytes } },
    onDurable: () => doorbell.ringForAnswers(),
    onState: (state) => post({ kind: 'state', state }),
  })
  post({ kind: 'open', findings: journal.report.findings, rewritten: journal.report.rewritten })
  while (!isStopped()) {
    agent.doWork(READINGS_PER_COMMIT)
    const restMs = agent.nextDueMs() - clock.nowMs()
    if (restMs <= 0) continue
    if (agent.hasWork()) {
      const signal = control + CONTROL_JOURNAL_SIGNAL
      waitForChange(memory.i32, signal, observeCursor(memory.i32, signal), Math.min(restMs, STEP_MS))
    } else signals.sleepJournal(() => agent.hasWork() || isStopped(), Math.min(restMs, SLEEP_MS))
  }
  agent.close()
}

const journal = open()
if (journal !== undefined) keep(journal)
