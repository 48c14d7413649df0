import { SOURCE, type StageNode } from '../definition/definition.ts'
import { MAX_NODES } from '../state/state.layout.ts'
import type { Fault } from './fault.ts'

/** Kinds from which nothing goes on. */
export const ENDS: ReadonlySet<string> = new Set(['alert', 'rules', 'to-series', 'emit', 'sink'])

/** Ids, inputs and cycles. */
export function checkGraph(nodes: readonly StageNode[]): readonly Fault[] {
  const sound = nodes.filter(
    (node) => typeof node === 'object' && node !== null && Array.isArray(node.inputs),
  )
  const byId = new Map(sound.map((node) => [node.id, node]))
  if (nodes.length === 0) return [{ path: 'nodes', value: 'no stage', allowed: 'at least one' }]
  if (nodes.length > MAX_NODES)
    return [{ path: 'nodes', value: String(nodes.length), allowed: `up to ${MAX_NODES} stages` }]
  return [...duplicates(sound), ...sound.flatMap((node) => checkInputs(node, byId)), ...cycles(sound, byId)]
}

function duplicates(nodes: readonly StageNode[]): Fault[] {
  const seen = new Set<string>()
  return nodes.flatMap(({ id }) => {
    const known = seen.has(id)
    seen.add(id)
    return known
      ? [{ path: `${id}.id`, value: `"${id}" twice`, allowed: 'an id that no other stage has' }]
      : []
  })
}

function checkInputs({ id, kind, inputs }: StageNode, byId: ReadonlyMap<string, StageNode>): Fault[] {
  const faults = inputs.flatMap((input) => checkInput(id, input, byId))
  const several = kind === 'merge' ? inputs.length >= 2 : inputs.length === (kind === 'interval-join' ? 2 : 1)
  const allowed = kind === 'merge' ? 'two or more' : kind === 'interval-join' ? 'two' : 'one'
  return several ? faults : [...faults, { path: `${id}.inputs`, value: String(inputs.length), allowed }]
}

function checkInput(id: string, input: string, byId: ReadonlyMap<string, StageNode>): Fault[] {
  if (input === SOURCE) return []
  const before = byId.get(input)
  if (before === undefined)
    return [{ path: `${id}.inputs`, value: `"${input}"`, allowed: `${SOURCE} or a stage of this pipeline` }]
  if (!ENDS.has(before.kind)) return []
  return [
    {
      path: `${id}.inputs`,
      value: `"${input}"`,
      allowed: `a stage that gives items on, which ${before.kind} does not`,
    },
  ]
}

function cycles(nodes: readonly StageNode[], byId: ReadonlyMap<string, StageNode>): Fault[] {
  const done = new Set<string>()
  const found: Fault[] = []
  const visit = (id: string, above: readonly string[]): void => {
    if (above.includes(id)) {
      const way = [...above.slice(above.indexOf(id)), id].join(' ← ')
      found.push({ path: `${id}.inputs`, value: way, allowed: 'stages that do not lead back to it' })
    } else if (!done.has(id)) {
      for (const input of byId.get(id)?.inputs ?? []) visit(input, [...above, id])
      done.add(id)
    }
  }
  for (const { id } of nodes) visit(id, [])
  return found
}
