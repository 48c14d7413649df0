import { type PipelineDefinition, SOURCE, type StageNode } from '../definition/definition.ts'
import type { RuleSpec } from '../definition/rule-spec.ts'
import { isOfPeers, peerNodes } from './peer-rules.ts'

/** What a file of rules says, complete; plain data. */
export interface RuleSet {
  /** Of the pipeline. */
  readonly name: string
  readonly rules: readonly RuleSpec[]
  readonly stateBytes: number
}

/** A shard without readings for so long holds no time back: series are missing although nothing comes any more. */
const IDLE_MS = 1000
/** Windows wait so long for devices that are behind others. */
const PEERS_LATENESS_MS = 5000

/**
 * The pipeline that a file of rules becomes. Its state is kept by the names of rules, so that another version of the file
 * goes on with it; that of comparisons with peers is kept only while these stay the same.
 */
export function rulesPipeline({ name, rules, stateBytes }: RuleSet): PipelineDefinition {
  const plain = rules.filter((rule) => !isOfPeers(rule))
  const node = {
    ...({ kind: 'rules', id: 'rules', inputs: [SOURCE], rules: plain } as const),
    policy: { onError: 'dead-letter', retries: 0, timeoutMs: 1000 } as const,
  }
  const nodes: readonly StageNode[] = plain.length === 0 ? [] : [node]
  return {
    ...{ millrace: 'pipeline', name, version: 1, metrics: undefined, ofRules: true },
    state: { bytes: stateBytes, whenFull: 'refuse-new', onChange: 'migrate' },
    time: { latenessMs: plain.length < rules.length ? PEERS_LATENESS_MS : 0, idleMs: IDLE_MS },
    nodes: [...nodes, ...rules.filter(isOfPeers).flatMap(peerNodes)],
  }
}

/**
 * A set as an engine runs it: comparisons with peers are a pipeline of their own, so that what all other rules hold stays
 * when these change.
 */
export function runningSets({ name, rules, stateBytes }: RuleSet): readonly RuleSet[] {
  const plain = rules.filter((rule) => !isOfPeers(rule))
  const ofPeers = rules.filter(isOfPeers)
  return [
    ...(plain.length > 0 ? [{ name, rules: plain, stateBytes }] : []),
    ...(ofPeers.length > 0 ? [{ name: `${name}-peers`, rules: ofPeers, stateBytes }] : []),
  ]
}
