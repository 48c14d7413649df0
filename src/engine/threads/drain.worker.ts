import { threadId, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { openKernels } from '../../kernels/kernels.ts'
import { AgentGate } from '../../memory/agents/agent-gate.ts'
import { Doorbell, Signals } from '../../memory/agents/signals.ts'
import { CONTROL_EGRESS_TICKET } from '../../memory/layout/control.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import { EgressWriter } from '../../memory/rings/egress-ring.ts'
import { viewMemory } from '../../memory/shared-memory.ts'
import { EGRESS_STREAM } from '../../memory/layout/egress.layout.ts'
import { LanePipeline, sendAll } from '../../pipelines/lane-pipeline.ts'
import { loadPipeline } from '../../pipelines/pipeline-module.ts'
import { Economies } from '../../memory/economies.ts'
import { LaneDoor } from '../../scheduling/lane-door.ts'
import { WorkerAgent } from '../../scheduling/worker-agent.ts'
import { MetricNames } from './metric-names.ts'
import type { DrainTask, WorkerRecipe } from './recipe.ts'

const IDLE_ROUNDS = 10
/** Short rests before it sleeps, so that the router needn't wake it for each batch. */
const NAPS = 4
const SLEEP_MS = 50
/** Work is there, but other workers hold its shards. */
const CONTENDED_SLEEP_MS = 1

const recipe = workerData as WorkerRecipe
const { memory: wasm, kernels: module, plan } = recipe
const memory = viewMemory(wasm)
const kernels = openKernels(module, wasm)
const pipeline = recipe.pipeline === null ? undefined : await loadPipeline(recipe.pipeline)
const clock = systemClock()
const signals = new Signals(memory, plan.at.control)
const economies = new Economies(memory, plan.at.map)

/** Half of a worker's code, which those without pipelines do without. */
const streaming = () => import('./open-streams.ts')

/** A task of its own for threads that are kept for later: in the end everything is loaded. */
export async function getReady(): Promise<void> {
  await streaming()
}

/** One long-lived task: drains lanes as worker number `worker` until it is told to stop. */
export default async function drain({ worker, metrics, streams: recipes }: DrainTask): Promise<void> {
  const gate = new AgentGate(memory, plan.at.control, placeOf.workerAgent(plan, worker))
  const metricNames = new MetricNames(metrics)
  const names = {
    metric: (id: number) => metricNames.of(id),
    region: (index: number) => recipe.regions[index],
  }
  const egress = new EgressWriter(
    memory,
    placeOf.egress(plan, worker),
    plan.at.control + CONTROL_EGRESS_TICKET,
  )
  const doorbell = new Doorbell(memory, plan.at.control)
  const post = {
    send: (payload: Uint8Array) => sendAll(egress, doorbell, EGRESS_STREAM, payload),
    ring: () => doorbell.ring(),
  }
  const host = {
    ...{ memory, plan, kernels, clock, worker, post },
    ...{ metrics: metricNames, regions: recipe.regions, economies },
  }
  const streams = recipes.length === 0 ? undefined : await (await streaming()).openStreams(recipes, host)
  const processor = new LanePipeline({ memory, plan, names, egress, doorbell, module: pipeline, streams })
  const door = new LaneDoor(memory, plan, kernels, gate, worker)
  const agent = new WorkerAgent({ door, gate, processor, economies, clock, shares: recipe.shares })
  gate.introduce(threadId)
  let idle = 0
  while (!gate.isStopRequested) {
    idle = agent.doWork() > 0 ? 0 : idle + 1
    if (idle < IDLE_ROUNDS) continue
    gate.park()
    if (idle < IDLE_ROUNDS + NAPS) signals.napWorker()
    else if (agent.hasWork()) signals.sleepWorker(() => gate.isStopRequested, CONTENDED_SLEEP_MS)
    else signals.sleepWorker(() => agent.hasWork() || gate.isStopRequested, SLEEP_MS)
  }
  agent.close()
  metrics.close()
}
