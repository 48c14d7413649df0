import {
  type PipelineDefinition,
  SOURCE,
  type StageNode,
  type StagePolicy,
  type StateOptions,
  type TimeOptions,
  type VelocityOptions,
} from '../definition/definition.ts'
import { type Duration, durationMs } from './duration.ts'

/** What every stage can be told besides what it does. */
export interface StageOptions {
  /** Otherwise kind and number, such as `window-2`; give one where state or counts must find it again. */
  readonly id?: string
  /** What becomes of an item over which its function throws. */
  readonly onError?: StagePolicy['onError']
  /** Further tries, of `enrich` and sinks. */
  readonly retries?: number
  /** Of one try, of `enrich` and sinks. */
  readonly timeout?: Duration
}

export interface PipelineHead {
  readonly name: string
  readonly version: number
  readonly metrics: readonly string[] | undefined
  readonly state: StateOptions
  readonly time: TimeOptions
  readonly velocity?: VelocityOptions | undefined
}

/** A stage before it has an id: its inputs are the drafts themselves. */
export interface Draft {
  readonly kind: StageNode['kind']
  readonly fields: Readonly<Record<string, unknown>>
  /** SOURCE, or the stages before it. */
  readonly inputs: readonly (Draft | typeof SOURCE)[]
  readonly id: string | undefined
  readonly policy: StagePolicy
}

/** A duration in a definition; what is none is kept as it is, for the check to say so. */
export const inMs = (duration: Duration): number => durationMs(duration) ?? (duration as number)

export function policyOf({
  onError = 'dead-letter',
  retries = 0,
  timeout = '10s',
}: StageOptions): StagePolicy {
  return { onError, retries, timeoutMs: inMs(timeout) }
}

/** The definition of all that leads to `ends`, inputs first. */
export function definitionOf(head: PipelineHead, ends: readonly Draft[]): PipelineDefinition {
  const ids = new Map<Draft, string>()
  const taken = new Set<string>()
  const nodes: StageNode[] = []
  const idOf = (draft: Draft | typeof SOURCE): string =>
    draft === SOURCE ? SOURCE : (ids.get(draft) ?? add(draft))
  const add = (draft: Draft): string => {
    const inputs = draft.inputs.map(idOf)
    const id = draft.id ?? numbered(draft.kind, taken)
    taken.add(id)
    ids.set(draft, id)
    const owner =
      draft.kind === 'late' ? { window: inputs[0] } : draft.kind === 'timed-out' ? { pattern: inputs[0] } : {}
    nodes.push({
      kind: draft.kind,
      id,
      inputs,
      policy: draft.policy,
      ...draft.fields,
      ...owner,
    } as unknown as StageNode)
    return id
  }
  const given = [...allOf(ends)].flatMap(({ id }) => (id === undefined ? [] : [id]))
  for (const id of given) taken.add(id)
  for (const end of ends) idOf(end)
  return { millrace: 'pipeline', ...head, nodes }
}

function allOf(ends: readonly Draft[], found = new Set<Draft>()): Set<Draft> {
  for (const draft of ends) {
    if (found.has(draft)) continue
    found.add(draft)
    allOf(
      draft.inputs.filter((input) => input !== SOURCE),
      found,
    )
  }
  return found
}

function numbered(kind: string, taken: ReadonlySet<string>): string {
  let number = 1
  while (taken.has(`${kind}-${number}`)) number++
  return `${kind}-${number}`
}
