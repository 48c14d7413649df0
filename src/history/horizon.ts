import type { PipelineDefinition } from '../pipelines/definition/definition.ts'

/**
 * How far behind the last reading the last result of a pipeline can lie: all its durations one behind the other. Time ends
 * there in recorded readings and in tests; what goes on for ever (a result each minute) would never end otherwise.
 */
export const horizonMs = ({ nodes, time }: PipelineDefinition): number =>
  time.latenessMs + nodes.reduce((sum, { policy: _, ...node }) => sum + durationsIn(node), 0)

function durationsIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce(
    (sum, [name, entry]: [string, unknown]) =>
      sum + (name.endsWith('Ms') && typeof entry === 'number' ? Math.max(0, entry) : durationsIn(entry)),
    0,
  )
}
