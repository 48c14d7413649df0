import { mean } from '../../../src/pipelines/builder/aggregates.ts'
import { stage } from '../../../src/pipelines/builder/decorators.ts'
import { definitionIn } from '../../../src/pipelines/builder/pipeline.ts'
import type { Reading } from '../../../src/pipelines/builder/reading.ts'
import type { Stage } from '../../../src/pipelines/builder/stage.ts'
import { tumbling } from '../../../src/pipelines/builder/windows.ts'
import { fingerprintOf } from '../../../src/pipelines/compiler/fingerprint.ts'

/** A program of its own, since what runs the tests does not know decorators: prints its definition and fingerprint. */
@stage.pipeline('cold-chain', { metrics: ['temperature'] })
class ColdChain {
  @stage.filter plausible(this: void, r: Reading): boolean {
    return r.value > -60
  }

  @stage.derive fahrenheit(this: void, r: Reading): number {
    return r.value * 1.8 + 32
  }

  @stage minutes(this: void, s: Stage<Reading & { readonly fahrenheit: number }>) {
    return s.window(tumbling('1m'), { by: 'device', aggregate: { t: mean('fahrenheit') } })
  }

  @stage.alert('too-warm', { severity: 'high', for: '2m' }) tooWarm(this: void, w: { t: number }): boolean {
    return w.t > 46
  }
}

const definition = definitionIn(ColdChain)
if (definition === undefined) throw new Error('the class is no pipeline')
console.log(JSON.stringify({ definition, fingerprint: fingerprintOf(definition) }))
