import { type PipelineDefinition, SOURCE, type StageNode } from '../definition/definition.ts'
import { isOfDevice } from '../keys/key-parts.ts'

/** Where a node runs: in the generated loop, over items in a worker, as a window, pattern or rules, or on the I/O side. */
export type Place = 'fused' | 'item' | 'window' | 'pattern' | 'rules' | 'outside'

/** The nodes of a definition that was checked, by what is before and behind them. */
export class StageGraph {
  /** Inputs first. */
  readonly nodes: readonly StageNode[]
  readonly byId: ReadonlyMap<string, StageNode>
  readonly #behind = new Map<string, StageNode[]>()
  readonly #places = new Map<string, Place>()
  readonly #combined = new Set<string>()

  constructor(definition: PipelineDefinition) {
    this.byId = new Map(definition.nodes.map((node) => [node.id, node]))
    this.nodes = inputsFirst(definition.nodes, this.byId)
    for (const node of this.nodes) {
      for (const input of node.inputs) this.#behind.set(input, [...this.behind(input), node])
      this.#places.set(node.id, this.#place(node))
      if (this.#combines(node)) this.#combined.add(node.id)
    }
  }

  behind(id: string): readonly StageNode[] {
    return this.#behind.get(id) ?? []
  }

  place(id: string): Place {
    return this.#places.get(id) ?? 'fused'
  }

  /** Its items are about groups of several shards. */
  isCombined(id: string): boolean {
    return this.#combined.has(id)
  }

  /** Its items are readings, with fields derived: nothing before it makes other items. */
  isOfReadings(id: string): boolean {
    return this.pathTo(id)?.every(({ kind }) => !MAKES_ITEMS.has(kind)) ?? false
  }

  /** The nodes from the source to `id`, itself included; undefined where several lead to it. */
  pathTo(id: string): readonly StageNode[] | undefined {
    if (id === SOURCE) return []
    const node = this.byId.get(id)
    if (node === undefined || node.inputs.length !== 1) return undefined
    const before = this.pathTo(node.inputs[0])
    return before === undefined ? undefined : [...before, node]
  }

  #place(node: StageNode): Place {
    if (node.kind === 'enrich' || node.kind === 'sink') return 'outside'
    if (node.inputs.some((input) => this.#places.get(input) === 'outside')) return 'outside'
    if (node.kind === 'window' || node.kind === 'pattern' || node.kind === 'rules') return node.kind
    const fusable = node.kind === 'filter' || node.kind === 'derive'
    return fusable && this.place(node.inputs[0]) === 'fused' ? 'fused' : 'item'
  }

  #combines(node: StageNode): boolean {
    if (node.kind === 'late')
      return node.inputs.flatMap((id) => this.byId.get(id)?.inputs ?? []).some((id) => this.#combined.has(id))
    if (node.inputs.some((input) => this.#combined.has(input))) return true
    return node.kind === 'window' && !isOfDevice(node.key)
  }
}

const MAKES_ITEMS = new Set([
  'map',
  'flat-map',
  'custom',
  'interval-join',
  'window',
  'peers',
  'merge',
  'late',
  'pattern',
  'timed-out',
])

/** Nodes in an order in which none comes before its inputs; otherwise as they were. Throws on a cycle (checked before). */
function inputsFirst(nodes: readonly StageNode[], byId: ReadonlyMap<string, StageNode>): StageNode[] {
  const ordered = new Set<StageNode>()
  const add = (node: StageNode): void => {
    if (ordered.has(node)) return
    for (const input of node.inputs) {
      const before = byId.get(input)
      if (before !== undefined) add(before)
    }
    ordered.add(node)
  }
  for (const node of nodes) add(node)
  return [...ordered]
}
