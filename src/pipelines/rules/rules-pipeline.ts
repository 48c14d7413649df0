import { type PipelineDefinition, SOURCE } from '../definition/definition.ts'
import type { RuleSpec } from '../definition/rule-spec.ts'

/** What a file of rules says, complete; plain data. */
export interface RuleSet {
  /** Of the pipeline. */
  readonly name: string
  readonly rules: readonly RuleSpec[]
  readonly stateBytes: number
}

/** A shard without readings for so long holds no time back: series are missing although nothing comes any more. */
const IDLE_MS = 1000

/**
 * The pipeline that a file of rules becomes. Its state is kept by the names of rules, so that another version of the file
 * goes on with it.
 */
export const rulesPipeline = ({ name, rules, stateBytes }: RuleSet): PipelineDefinition => ({
  ...{ millrace: 'pipeline', name, version: 1, metrics: undefined },
  state: { bytes: stateBytes, whenFull: 'refuse-new', onChange: 'migrate' },
  time: { latenessMs: 0, idleMs: IDLE_MS },
  nodes: [
    {
      ...{ kind: 'rules', id: 'rules', inputs: [SOURCE], rules },
      policy: { onError: 'dead-letter', retries: 0, timeoutMs: 1000 },
    },
  ],
})
