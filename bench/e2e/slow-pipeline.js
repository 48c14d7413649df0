// @ts-check
/** User code that takes about two microseconds per reading. */
const ROUNDS = 600

/** @type {import('../../src/pipelines/pipeline-module.ts').PipelineModule} */
export default {
  name: 'slow',
  onReadings(batch) {
    while (batch.next()) {
      let value = batch.value
      for (let i = 0; i < ROUNDS; i++) value = value * 0.999 + 1
      // never true; keeps the work from being left out
      if (value === -1) throw new Error('unreachable')
    }
  },
}
