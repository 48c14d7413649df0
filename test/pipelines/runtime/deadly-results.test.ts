import { describe, expect, it } from 'vitest'
import { compilePipeline } from '../../../src/pipelines/compiler/compile.ts'
import type { Outlet, PipelineDeadLetter } from '../../../src/pipelines/definition/outside.ts'
import { count, pipeline, tumbling } from '../../../src/index.ts'
import { OnlyThread } from '../../../src/pipelines/runtime/combined-door.ts'
import { PipelineRuntime } from '../../../src/pipelines/runtime/pipeline-runtime.ts'
import { Progress } from '../../../src/pipelines/runtime/progress.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import { MOST_DEATHS, WorkMarks } from '../../../src/pipelines/work-marks.ts'
import { blockOf, lookup } from '../compiler/rig.ts'

class Death extends Error {}

/** Ends its worker over what its function throws at, unless the result is given up; what was said before a flush is lost. */
class DeadlyOutlet implements Outlet {
  readonly devices: string[] = []
  readonly givenUp: unknown[] = []
  #waiting: (() => void)[] = []

  forget(): void {
    this.#waiting = []
  }

  flush(): void {
    for (const say of this.#waiting) say()
    this.#waiting = []
  }

  item(_node: string, item: unknown): void {
    this.#waiting.push(() => this.devices.push((item as { device: string }).device))
  }

  deadLetter({ isDeadly, item }: PipelineDeadLetter): void {
    if (isDeadly !== true) throw new Death()
    this.#waiting.push(() => this.givenUp.push((item as { device: string }).device))
  }

  alert(): void {}
  reading(): void {}
}

const { definition } = pipeline('deadly')
  .window(tumbling('1s'), { by: 'device', aggregate: { n: count() } })
  .filter(({ n }) => {
    if (n > 1) throw new Error('the end')
    return true
  })
  .emit('all')

describe('results that are given together', () => {
  it('are each given once, but for those that end their workers, which are given up', () => {
    const compiled = compilePipeline(definition, lookup)
    const request = { bytes: 2 ** 24, whenFull: 'refuse-new', layout: '' } as const
    const { buffer } = PipelineState.reserve(request)
    const [outlet, marks, counts] = [new DeadlyOutlet(), WorkMarks.reserve(), Progress.begin(0)]
    const work = (): PipelineRuntime =>
      new PipelineRuntime({
        ...{ compiled, outlet, lookup, counts, guard: marks, door: new OnlyThread() },
        ...{ state: PipelineState.open(buffer, request), references: () => undefined as never },
      })
    const devices = [1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9].map((device) => ({ device, time: 100 }))
    work().process(0, blockOf(devices), -Infinity)
    let deaths = 0
    for (let isDone = false; !isDone && deaths < 100;) {
      try {
        work().advance(0, 5000)
        isDone = true
      } catch (cause) {
        if (!(cause instanceof Death)) throw cause
        outlet.forget()
        marks.died(0, 'it ended')
        deaths++
      }
    }
    expect(deaths).toBe(2 * MOST_DEATHS)
    expect(outlet.devices).toEqual(['d1', 'd2', 'd4', 'd5', 'd7', 'd8', 'd9'])
    expect(outlet.givenUp).toEqual(['d3', 'd6'])
    expect(counts.figures()).toMatchObject({ readings: 11, results: 9 })
  })
})
