import {
  type DeriveNode,
  type FilterNode,
  type PatternNode,
  SOURCE,
  type WindowNode,
} from '../definition/definition.ts'
import type { StageGraph } from './graph.ts'

export type FusedNode = FilterNode | DeriveNode

/**
 * A run of fused nodes that becomes one loop. Where a fused node leads to several others, the rows that pass it are
 * noted (`select`) and each of these starts from there: so a function is called once for a row, and when it throws, the
 * row is lost behind it only.
 */
export interface Segment {
  /** Index of the segment whose rows it starts from; undefined = all of the block. */
  readonly from: number | undefined
  readonly nodes: readonly FusedNode[]
  readonly end:
    | { readonly to: 'select' }
    | { readonly to: 'window'; readonly window: WindowNode }
    | { readonly to: 'pattern'; readonly pattern: PatternNode }
    | { readonly to: 'items'; readonly id: string }
}

type Target =
  | { readonly node: FusedNode }
  | { readonly window: WindowNode }
  | { readonly pattern: PatternNode }
  | { readonly items: string }

export function segmentsOf(graph: StageGraph): readonly Segment[] {
  const segments: Segment[] = []
  const follow = (id: string, from: number | undefined, nodes: readonly FusedNode[]): void => {
    const targets = targetsOf(id, graph)
    if (targets.length === 1) return reach(targets[0], from, nodes)
    if (targets.length === 0) return
    const start = nodes.length === 0 ? from : segments.push({ from, nodes, end: { to: 'select' } }) - 1
    for (const target of targets) reach(target, start, [])
  }
  const reach = (target: Target, from: number | undefined, nodes: readonly FusedNode[]): void => {
    if ('node' in target) return follow(target.node.id, from, [...nodes, target.node])
    if ('window' in target) segments.push({ from, nodes, end: { to: 'window', window: target.window } })
    else if ('pattern' in target)
      segments.push({ from, nodes, end: { to: 'pattern', pattern: target.pattern } })
    else segments.push({ from, nodes, end: { to: 'items', id: target.items } })
  }
  follow(SOURCE, undefined, [])
  return segments
}

/** What comes next: each fused node, window and pattern, and all others together, since they get the same items. */
function targetsOf(id: string, graph: StageGraph): readonly Target[] {
  const behind = graph.behind(id)
  const fused = behind.filter((node) => graph.place(node.id) === 'fused')
  const windows = behind.filter((node) => node.kind === 'window')
  const patterns = behind.filter((node) => node.kind === 'pattern')
  // rules see the block as it is
  const rules = behind.filter((node) => node.kind === 'rules')
  const others = behind.length > fused.length + windows.length + patterns.length + rules.length
  return [
    ...fused.map((node) => ({ node: node as FusedNode })),
    ...windows.map((window) => ({ window })),
    ...patterns.map((pattern) => ({ pattern })),
    ...(others ? [{ items: id }] : []),
  ]
}
