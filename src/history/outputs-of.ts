import type { PipelineDefinition, StageNode } from '../pipelines/definition/definition.ts'

/** Stages whose items leave the pipeline there. */
export const ENDS: readonly StageNode['kind'][] = ['alert', 'rules', 'to-series', 'emit', 'sink']
const POLICY = { onError: 'dead-letter', retries: 0, timeoutMs: 1000 } as const

export interface Observed {
  readonly definition: PipelineDefinition
  /** By the node that `Outlet.item` names: what its items are called in the output. */
  readonly topics: ReadonlyMap<string, string>
}

/**
 * The pipeline with an `emit` behind each of the stages in `ids`, called as the stage. Without `ids`, behind stages that
 * nothing follows: their items are what the pipeline is for, when no sink says so.
 */
export function observed(definition: PipelineDefinition, ids = endsOf(definition)): Observed {
  const own = new Set(definition.nodes.map(({ id }) => id))
  const taps = ids.map((id, i) => tapOf(id, freeId(`output-${i + 1}`, own)))
  const topics = new Map<string, string>()
  for (const node of definition.nodes) {
    if (node.kind === 'emit') topics.set(node.id, node.topic)
    else if (node.kind === 'sink') topics.set(node.id, node.id)
  }
  taps.forEach((tap, i) => topics.set(tap.id, ids[i]))
  return { definition: { ...definition, nodes: [...definition.nodes, ...taps] }, topics }
}

const tapOf = (input: string, id: string): StageNode => ({
  ...{ kind: 'emit', id, inputs: [input], policy: POLICY, topic: input },
})

const freeId = (id: string, taken: ReadonlySet<string>): string =>
  taken.has(id) ? freeId(`${id}x`, taken) : id

function endsOf({ nodes }: PipelineDefinition): string[] {
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  return nodes.filter(({ id, kind }) => !used.has(id) && !ENDS.includes(kind)).map(({ id }) => id)
}
