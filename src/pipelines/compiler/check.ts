import type { PipelineDefinition, StageNode } from '../definition/definition.ts'
import { checkGraph } from './check-graph.ts'
import { checkHead } from './check-head.ts'
import { checkMeaning } from './check-meaning.ts'
import { checkStage } from './check-stage.ts'
import { type Fault, pipelineError, shown } from './fault.ts'
import type { SinkCheck } from './sink-check.ts'

/**
 * All that is wrong with a definition; each group of checks relies on the ones before, so that later ones are only asked
 * when there is something to ask.
 */
export function faultsOf(definition: PipelineDefinition, sinks?: SinkCheck): readonly Fault[] {
  const head = checkHead(definition)
  if (!Array.isArray(definition.nodes))
    return [...head, { path: 'nodes', value: shown(definition.nodes), allowed: 'a list of stages' }]
  const stages = definition.nodes.flatMap((node: StageNode, index) => checkStage(node, index, sinks))
  const graph = checkGraph(definition.nodes)
  const sound = stages.length === 0 && graph.length === 0
  return [...head, ...stages, ...graph, ...(sound ? checkMeaning(definition) : [])]
}

/** Throws `pipeline-failed` with all faults. */
export function checkDefinition(definition: PipelineDefinition, sinks?: SinkCheck): void {
  const faults = faultsOf(definition, sinks)
  if (faults.length > 0) throw pipelineError(definition.name, faults)
}
