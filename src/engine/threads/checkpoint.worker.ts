import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { openKernels } from '../../kernels/kernels.ts'
import { Signals } from '../../memory/agents/signals.ts'
import { waitForChange } from '../../memory/atomics.ts'
import { viewMemory } from '../../memory/shared-memory.ts'
import { CheckpointWriter } from '../../storage/checkpoint/checkpoint-writer.ts'
import { ShardCapture } from '../../storage/checkpoint/shard-capture.ts'
import { NodeDisk } from '../../storage/disk/node-disk.ts'
import { kernelChecksum } from '../../storage/journal/checksum.ts'
import { LANE_CONSUMED, LANE_SHIFT } from '../../memory/layout/lanes.layout.ts'
import { StreamCapture } from '../pipelines/stream-snapshots.ts'
import { CheckpointRound } from '../durability/checkpoint-round.ts'
import type { CheckpointRecipe, FromCheckpoint, ToCheckpoint } from '../durability/recipes.ts'

const PATIENCE_MS = 20

const { memory: wasm, kernels: module, plan, dataDir, run, damaged, hurry } = workerData as CheckpointRecipe
const memory = viewMemory(wasm)
const kernels = openKernels(module, wasm)
const clock = systemClock()
const port = parentPort!
const post = (message: FromCheckpoint): void => port.postMessage(message)

const signals = new Signals(memory, plan.at.control)
const streams = new StreamCapture(
  (lane) => memory.u32[(plan.at.lanes + (lane << LANE_SHIFT) + LANE_CONSUMED) >>> 2],
)
const capture = new ShardCapture({
  ...{ memory, plan, kernels, signals, clock, patienceMs: PATIENCE_MS },
  others: (shard) => streams.shard(shard),
})
const word = new Int32Array(hurry)
const writer = new CheckpointWriter({
  ...{ capture, plan, disk: new NodeDisk(), dataDir, clock, run, damaged },
  checksum: kernelChecksum(kernels, wasm, plan.at.crcTables),
  rest: (ms) => waitForChange(word, 0, 0, ms),
})
const round = new CheckpointRound({ memory, plan, clock, writer, streams })

port.on('message', (message: ToCheckpoint) => {
  if (message.kind === 'close') return port.close()
  try {
    if (message.kind === 'take') post({ kind: 'captured', ...round.capture(message.streams) })
    else post({ kind: 'done', figures: round.complete(message) })
  } catch (error) {
    post({ kind: 'failed', message: round.giveUp(error) })
  }
})
