import type { PipelinePlan, PlannedStage } from './plan.ts'
import { durationText } from './spec-texts.ts'

const PLACES = {
  fused: 'fused loop',
  item: 'items',
  window: 'window',
  rules: 'rules',
  pattern: 'pattern',
  outside: 'I/O side',
} as const

/** A plan as a table: what `millrace pipelines plan` prints. */
export function planText(plan: PipelinePlan): string {
  const metrics = plan.metrics === 'all' ? 'all metrics' : plan.metrics.join(', ')
  const rows = [['stage', 'behind', 'runs in', 'scope', 'what', 'state'], ...plan.stages.map(cellsOf)]
  return [
    `${plan.name} (version ${plan.version}): ${metrics}; lateness ${durationText(plan.latenessMs)}; state ${bytesText(plan.stateBytes)}`,
    ...aligned(rows).map((line) => `  ${line}`),
  ].join('\n')
}

function cellsOf({ id, inputs, place, scope, key, state, detail }: PlannedStage): string[] {
  const keyed = key === undefined ? undefined : `by ${key.by}`
  const crossing = key?.scope === 'combined' && scope === 'shard' ? 'shard, then combined' : scope
  const what = [keyed, detail].filter((text) => text !== undefined).join(', ')
  return [id, inputs.join(', '), PLACES[place], place === 'outside' ? '' : crossing, what, state ?? '']
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
}

const bytesText = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${+(bytes / 2 ** 20).toFixed(1)} MiB` : `${+(bytes / 2 ** 10).toFixed(1)} KiB`
