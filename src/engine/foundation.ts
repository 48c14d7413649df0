import { compileKernels, type Kernels, openKernels } from '../kernels/kernels.ts'
import { Doorbell, Signals } from '../memory/agents/signals.ts'
import { writeMemoryMap } from '../memory/memory-map.ts'
import { type MemoryPlan, placeOf, planMemory } from '../memory/memory-plan.ts'
import { SpscFrameProducer } from '../memory/rings/spsc-frame-ring.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../memory/shared-memory.ts'
import type { Config } from './config/config.ts'
import { needsOf, parametersOf } from './sizing.ts'

/** What everything else of an engine stands on: the memory, its plan, and this thread's views and doors. */
export interface Foundation {
  readonly plan: MemoryPlan
  readonly memory: SharedMemory
  readonly module: WebAssembly.Module
  readonly kernels: Kernels
  readonly signals: Signals
  readonly doorbell: Doorbell
}

/** Plans, reserves and fills in the shared memory. Throws out-of-memory. */
export async function layFoundation(config: Config, stateSize: number): Promise<Foundation> {
  const plan = planMemory(needsOf(config, stateSize))
  const memory = viewMemory(reserveMemory(plan.totalBytes))
  writeMemoryMap(memory, plan, parametersOf(config))
  const module = await compileKernels()
  const kernels = openKernels(module, memory.memory)
  const { control } = plan.at
  return {
    plan,
    memory,
    module,
    kernels,
    signals: new Signals(memory, control),
    doorbell: new Doorbell(memory, control),
  }
}

/** The producer's half of a ring, which wakes the router and says when an answer is wanted. */
export function openProducer(
  { memory, plan, signals }: Pick<Foundation, 'memory' | 'plan' | 'signals'>,
  ring: number,
  wantAnswers: () => void,
): SpscFrameProducer {
  const onCommit = (wantsAnswer: boolean): void => {
    if (wantsAnswer) wantAnswers()
    signals.wakeRouter()
  }
  const { ringBytes, isDurable } = plan.needs
  return new SpscFrameProducer(memory, placeOf.ringControl(plan, ring), placeOf.ring(plan, ring), ringBytes, {
    onCommit,
    isDurable: isDurable === true,
  })
}
