import type { CompiledPipeline } from '../compiler/compiled-pipeline.ts'
import type { StageNode } from '../definition/definition.ts'
import type { InputOperators } from '../operators/inputs.ts'
import type { Counts } from './counts.ts'
import type { Envelope, ShardScope } from './operator.ts'
import { operatorsOf, type StageParts } from './stage-operators.ts'

export interface GraphParts extends StageParts {
  readonly counts: Counts
  /** An item has come to a window or a pattern that is not fused. */
  readonly toTimed: (stage: string, envelope: Envelope, scope: ShardScope) => void
}

interface Stage {
  readonly node: StageNode
  readonly operators: InputOperators | undefined
}

/**
 * The stages behind the fused ones. An item goes through all of them before the next one comes. What a user function throws
 * costs the item that it threw over, at that stage.
 */
export class StageGraph {
  readonly #compiled: CompiledPipeline
  readonly #parts: GraphParts
  readonly #stages = new Map<string, Stage>()

  constructor(parts: GraphParts) {
    this.#compiled = parts.compiled
    this.#parts = parts
    const numbers = new Map(parts.compiled.definition.nodes.map(({ id }, index) => [id, index]))
    for (const node of parts.compiled.stages)
      this.#stages.set(node.id, { node, operators: operatorsOf(node, numbers.get(node.id) ?? 0, parts) })
  }

  /** An item has left `from`. */
  deliver(from: string, envelope: Envelope, scope: ShardScope): void {
    for (const { node, input } of this.#compiled.consumers.get(from) ?? [])
      this.push(node, envelope, scope, input)
  }

  /** An item comes to a stage. */
  push(id: string, envelope: Envelope, scope: ShardScope, input = 0): void {
    const stage = this.#stages.get(id)
    if (stage === undefined) return
    const { node, operators } = stage
    try {
      if (operators === undefined) this.#parts.toTimed(id, envelope, scope)
      else operators.inputs[input].push(envelope, scope, (next) => this.deliver(id, next, scope))
    } catch (error) {
      this.fail(node, envelope, error)
    }
  }

  /** The watermark has moved: what waits for time in the stages' state, of all or (for now) up to one that wants that kept. */
  advance(scope: ShardScope): void {
    for (const [id, { operators }] of this.#stages)
      if (operators?.advance?.(scope, (next) => this.deliver(id, next, scope)) === true) return
  }

  /** The item is given up at the node. */
  fail({ id, policy }: StageNode, { item, origin }: Envelope, error: unknown): void {
    this.#parts.counts.failed(1)
    if (policy.onError === 'skip') return
    const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    this.#parts.outlet.deadLetter({ node: id, cause: cause.slice(0, 1024), item, origin })
  }
}
