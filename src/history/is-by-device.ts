import type { PipelineDefinition, StageNode } from '../pipelines/definition/definition.ts'
import { isOfDevice } from '../pipelines/keys/key-parts.ts'

/** Stages that look at the item at hand, or at others of its group. */
const WITHOUT_STATE: readonly StageNode['kind'][] = [
  ...(['filter', 'derive', 'map', 'flat-map', 'merge', 'lookup', 'sample'] as const),
  ...(['late', 'to-series', 'emit', 'sink', 'alert'] as const),
]

/** Whether nothing in the pipeline remembers more than one device's readings together: then only their own order counts. */
export const isByDevice = ({ nodes }: PipelineDefinition): boolean =>
  nodes.every((node) => ('key' in node ? isOfDevice(node.key) : WITHOUT_STATE.includes(node.kind)))
