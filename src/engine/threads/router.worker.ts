import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../core/clock.ts'
import { openKernels } from '../../kernels/kernels.ts'
import { AgentGate } from '../../memory/agents/agent-gate.ts'
import { Doorbell, Signals } from '../../memory/agents/signals.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import { viewMemory } from '../../memory/shared-memory.ts'
import { RouterAgent } from '../../routing/router-agent.ts'
import type { ThreadRecipe } from './recipe.ts'

const READINGS_PER_ROUND = 4096
const IDLE_ROUNDS = 20
/** Short rests before it sleeps: a producer that has to wake it for each message does little else. */
const NAPS = 4
const SLEEP_MS = 100

const { memory: wasm, kernels: module, plan } = workerData as ThreadRecipe
const memory = viewMemory(wasm)
const { control } = plan.at
const gate = new AgentGate(memory, control, placeOf.routerAgent(plan))
const signals = new Signals(memory, control)
const kernels = openKernels(module, wasm)
const doorbell = new Doorbell(memory, control)
const agent = new RouterAgent({ memory, plan, kernels, gate, signals, doorbell, clock: systemClock() })

parentPort?.postMessage('ready')
let idle = 0
while (!gate.isStopRequested) {
  idle = agent.doWork(READINGS_PER_ROUND) > 0 ? 0 : idle + 1
  if (idle < IDLE_ROUNDS) continue
  gate.park()
  if (idle < IDLE_ROUNDS + NAPS) signals.napRouter()
  else signals.sleepRouter(() => agent.hasWork() || gate.isStopRequested, SLEEP_MS)
}
agent.close()
