import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import type { DiskFile } from '../../core/disk.ts'
import { openKernels } from '../../kernels/kernels.ts'
import { Signals } from '../../memory/agents/signals.ts'
import { observeCursor, waitForChange } from '../../memory/atomics.ts'
import { ClientWindows } from '../../memory/client-windows.ts'
import { viewMemory } from '../../memory/shared-memory.ts'
import { NodeDisk } from '../../storage/disk/node-disk.ts'
import { kernelRoom } from '../../storage/journal/checksum.ts'
import { JournalReader } from '../../storage/journal/journal-reader.ts'
import { listSegments } from '../../storage/journal/segment.ts'
import type { FromReplay, ReplayRecipe } from '../durability/recipes.ts'
import { ReplayProgress } from '../durability/replay-progress.ts'
import { Replay } from '../durability/replay.ts'

const PROGRESS_EVERY_MS = 100
const ANSWER_WAIT_MS = 10_000

const recipe = workerData as ReplayRecipe
const { memory: wasm, kernels: module, plan, folder, damagedFolder, namesFrom, from, checkpoint } = recipe
const memory = viewMemory(wasm)
const clock = systemClock()
const disk = new NodeDisk()
const answered = new Int32Array(recipe.answered)
const post = (message: FromReplay): void => parentPort?.postMessage(message)
let notes = 0

/** Returns when the main thread has taken the note in: frames that follow may depend on it. */
function passOn(kind: number, text: Uint8Array): void {
  post({ kind: 'note', of: kind, text })
  notes++
  const untilMs = clock.nowMs() + ANSWER_WAIT_MS
  for (let seen = observeCursor(answered, 0); seen < notes; seen = observeCursor(answered, 0)) {
    if (clock.nowMs() > untilMs) throw new Error('the main thread does not take notes in')
    waitForChange(answered, 0, seen, ANSWER_WAIT_MS)
  }
}

/** One file for each run of damaged bytes, so that somebody may look at them. */
function keepDamaged(segment: string, offset: number, bytes: Uint8Array): void {
  disk.makeFolder(damagedFolder)
  const path = join(damagedFolder, `${segment}-${offset}`)
  if (disk.exists(path)) return
  const file: DiskFile = disk.open(path, 'create')
  file.write([bytes], 0)
  file.close()
}

const replay = new Replay({
  ...{ memory, plan, clock, checkpoint, from, kernels: openKernels(module, wasm) },
  signals: new Signals(memory, plan.at.control),
  clients: new ClientWindows(memory, plan.at.clients, plan.clientSlots),
  onNote: passOn,
  onPartRefusal: (refusal) => post({ kind: 'partRefusal', refusal }),
})
const reader = new JournalReader({
  ...{ disk, folder, room: kernelRoom(module) },
  onFinding: (finding) => post({ kind: 'finding', finding }),
  onDamagedBytes: keepDamaged,
})

const progress = new ReplayProgress(listSegments(disk, folder))
let told = -Infinity
for (const record of reader.records(namesFrom)) {
  replay.feed(record)
  const share = progress.share(record)
  if (clock.nowMs() - told < PROGRESS_EVERY_MS) continue
  told = clock.nowMs()
  post({ kind: 'progress', share, provenTo: replay.provenTo })
}
replay.finish()
post({ kind: 'done', readings: replay.readings })
