import type { CompiledPattern } from '../compiler/compiled-pattern.ts'
import type { FusedOutput } from '../compiler/compiled-pipeline.ts'
import { SOURCE, type StageNode, type TimeOptions } from '../definition/definition.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'
import { RulesStage } from '../rules/rules-stage.ts'
import type { PatternRows } from '../patterns/pattern-rows.ts'
import type { PipelineState } from '../state/pipeline-state.ts'
import { COMBINED, type Envelope, type ShardScope } from './operator.ts'
import { type GraphParts, StageGraph } from './stage-graph.ts'
import type { WindowResult } from '../windows/window-operator.ts'
import type { Stream } from './stream.ts'
import type { CombinedDoor } from './combined-door.ts'
import { PatternStage } from './pattern-stage.ts'
import { type Late, WindowStage } from './window-stage.ts'

export interface RuntimeParts extends Omit<GraphParts, 'toTimed'> {
  readonly state: PipelineState
  readonly door: CombinedDoor
  /** While it says so, windows give no results before their end; never, where nothing is said. */
  readonly areEarlyLeftOut?: (() => boolean) | undefined
}

/** Results that are given in one transaction. */
const RESULTS_AT_ONCE = 256

interface Scope extends ShardScope {
  watermark: number
}

/** A pipeline at work in one thread; see docs/decisions/pipelines.md for the phases. */
export class PipelineRuntime implements Stream {
  readonly #parts: RuntimeParts
  readonly #graph: StageGraph
  readonly #windows: ReadonlyMap<string, WindowStage>
  readonly #patterns: ReadonlyMap<string, PatternStage>
  readonly #nodes: ReadonlyMap<string, StageNode>
  readonly #numbers: ReadonlyMap<string, number>
  readonly #combined: readonly WindowStage[]
  readonly #rules: readonly RulesStage[]
  readonly #scopes: (Scope | undefined)[] = []
  /** Of the slice that is being shown. */
  #scope: Scope
  #block: ReadingBlock | undefined

  constructor(parts: RuntimeParts) {
    const { compiled } = parts
    this.#parts = parts
    this.#graph = new StageGraph({
      ...parts,
      toTimed: (stage, envelope, scope) => this.#addTo(stage, envelope, scope),
    })
    this.#nodes = new Map(compiled.definition.nodes.map((node) => [node.id, node]))
    this.#numbers = new Map(compiled.definition.nodes.map(({ id }, index) => [id, index]))
    const { lookup, door, areEarlyLeftOut } = parts
    this.#windows = new Map(
      [...compiled.windows].map(([id, window]) => [
        id,
        new WindowStage(window, { node: this.#numbers.get(id) ?? 0, lookup, door, areEarlyLeftOut }),
      ]),
    )
    this.#rules = compiled.definition.nodes.flatMap((node, stage) =>
      node.kind === 'rules' ? [new RulesStage(node, lookup, parts.outlet, stage)] : [],
    )
    this.#patterns = new Map(
      [...compiled.patterns].map(([id, pattern]) => [
        id,
        this.#patternStage(pattern, this.#numbers.get(id) ?? 0),
      ]),
    )
    this.#combined = [...this.#windows.values()].filter(({ isCombined }) => isCombined)
    this.#scope = this.#scopeOf(0)
  }

  get name(): string {
    return this.#parts.compiled.definition.name
  }

  get time(): TimeOptions {
    return this.#parts.compiled.definition.time
  }

  process(shard: number, block: ReadingBlock, watermark: number, onTaken?: () => void): void {
    const { compiled, counts } = this.#parts
    this.#scope = this.#scopeOf(shard)
    this.#scope.watermark = watermark
    this.#block = block
    this.#transact(this.#scope, () => {
      compiled.run(block, this.#output)
      for (const rules of this.#rules) rules.show(block, this.#scope)
    })
    this.#takeIn(this.#scope, onTaken)
    counts.shown(block.count)
  }

  advance(shard: number, watermark: number): void {
    const scope = this.#scopeOf(shard)
    this.#goOn(scope, watermark)
    this.#handOver(scope)
  }

  advanceCombined(watermark: number): void {
    const { door } = this.#parts
    if (this.#combined.length === 0 || !(watermark > door.watermark)) return
    door.enter(() => {
      this.#goOn(this.#combinedScope(), watermark)
      door.watermark = watermark
    })
  }

  /** Where another thread is at the groups of all shards, it is done with the next watermark. */
  #handOver(scope: Scope): void {
    const { door } = this.#parts
    if (this.#combined.length === 0 || !(scope.watermark > door.handedOver(scope.shard))) return
    door.enter(() => {
      for (const window of this.#combined) {
        const late = window.handOver(scope, this.#combinedScope())
        if (late > 0) this.#parts.counts.late(late)
      }
      door.noteHandedOver(scope.shard, scope.watermark)
    })
  }

  #combinedScope(): Scope {
    const scope = this.#scopeOf(COMBINED)
    scope.watermark = this.#parts.door.watermark
    return scope
  }

  /** An item goes on behind a node: one that was fetched outside, or given up before. */
  resume(node: string, envelope: Envelope, shard = 0): void {
    const scope = this.#scopeOf(shard)
    this.#transact(scope, () => this.#graph.deliver(node, envelope, scope))
    this.#takeIn(scope)
  }

  /** An item comes to a node again. */
  enter(node: string, envelope: Envelope, shard = 0): void {
    const scope = this.#scopeOf(shard)
    this.#transact(scope, () => this.#graph.push(node, envelope, scope))
  }

  readonly #output: FusedOutput = {
    rows: (window, rows) => this.#window(window).show(rows),
    matching: (pattern, rows) => this.#show(pattern, rows),
    item: (from, envelope) => this.#graph.deliver(from, envelope, this.#scope),
    error: (id, row, error) => {
      const node = this.#nodes.get(id)
      if (node !== undefined) this.#graph.fail(node, this.#envelopeAt(row, node.inputs[0]), error)
    },
  }

  /** Phase A: what stages change stays when all they said is on its way. */
  #transact(scope: Scope, act: () => void): void {
    const isMine = scope.state.begin()
    try {
      act()
      this.#parts.outlet.flush()
    } catch (error) {
      if (isMine) this.#undo(scope)
      throw error
    }
    if (isMine) scope.state.commit()
  }

  #undo(scope: Scope): void {
    scope.state.rollback()
    for (const window of this.#windows.values()) window.forget()
  }

  /** Phase B, and what came too late. */
  #takeIn(scope: Scope, onTaken?: () => void): void {
    let given: { id: string; late: readonly Late[] }[] | undefined
    for (const [id, window] of this.#windows) {
      const late = window.takeIn(scope)
      if (late.length > 0) (given ??= []).push({ id, late })
    }
    onTaken?.()
    if (given === undefined) return
    for (const { id, late } of given) this.#giveLate(id, late, scope)
    // there may be windows behind a `late`
    this.#takeIn(scope)
  }

  /** Phase C. What windows and patterns give is not late for the stages behind them: these hear of the watermark afterwards. */
  #goOn(scope: Scope, watermark: number): void {
    const { state, shard } = scope
    for (const { id } of this.#parts.compiled.stages) {
      const window = this.#windows.get(id)
      if (window !== undefined) while (!this.#fire(id, window, scope, { state, shard, watermark }));
      this.#advancePattern(id, scope, watermark)
    }
    scope.watermark = watermark
    this.#parts.guard.beginRest(shard)
    this.#transact(scope, () => {
      this.#graph.advance(scope)
      for (const rules of this.#rules) rules.advance(scope)
    })
    this.#parts.guard.end(shard)
    this.#takeIn(scope)
  }

  /**
   * Gives results in one transaction: what stages say to them leaves before it is kept. False: there are more. After a
   * worker's death each is kept alone, so that whichever ends workers is found, and what was given up stays given up.
   */
  #fire(id: string, window: WindowStage, scope: Scope, at: ShardScope): boolean {
    const { guard, counts } = this.#parts
    const limit = guard.isSuspecting(scope.shard) ? 1 : RESULTS_AT_ONCE
    let given = 0
    let isDone = false
    this.#transact(scope, () => {
      isDone = window.advance(
        at,
        (result) => {
          given++
          this.#give(id, window, result, scope)
          this.#takeIn(scope)
        },
        limit,
      )
    })
    if (given > 0) counts.results(given)
    return isDone
  }

  /** When something is thrown the guard is not told of an end: the result will be given again. */
  #give(id: string, window: WindowStage, result: WindowResult, scope: Scope): void {
    const { guard, outlet, counts } = this.#parts
    const { shard } = scope
    const envelope = window.envelopeOf(result)
    if (guard.beginResult(shard, this.#numbers.get(id) ?? 0, { time: result.end, group: result })) {
      this.#graph.deliver(id, envelope, scope)
    } else {
      const { item, origin } = envelope
      counts.failed(1)
      outlet.deadLetter({ node: id, cause: guard.cause(shard), item, origin, isDeadly: true })
    }
    guard.end(shard)
  }

  #giveLate(window: string, late: readonly Late[], scope: Scope): void {
    this.#parts.counts.late(late.length)
    const input = this.#nodes.get(window)?.inputs[0] ?? SOURCE
    const nodes = [...this.#nodes.values()].filter((node) => node.kind === 'late' && node.window === window)
    if (nodes.length === 0) return
    this.#parts.guard.beginRest(scope.shard)
    this.#transact(scope, () => {
      for (const row of late)
        for (const { id } of nodes)
          this.#graph.push(id, typeof row === 'number' ? this.#envelopeAt(row, input) : row, scope)
    })
    this.#parts.guard.end(scope.shard)
  }

  #envelopeAt(row: number, node: string): Envelope {
    if (this.#block === undefined) throw new Error('no block is shown')
    return this.#parts.compiled.envelopeAt(this.#block, row, node)
  }

  #patternStage(compiled: CompiledPattern, stage: number): PatternStage {
    const { id } = compiled.node
    return new PatternStage(compiled, {
      ...{ stage, latenessMs: this.time.latenessMs },
      onMatch: (envelope) => this.#giveMatch(() => this.#graph.deliver(id, envelope, this.#scope)),
      onTimedOut: (envelope) =>
        this.#giveMatch(() => {
          for (const node of compiled.timedOut) this.#graph.push(node, envelope, this.#scope)
        }),
      onError: (envelope, error) => this.#graph.fail(compiled.node, envelope, error),
    })
  }

  #advancePattern(id: string, scope: Scope, watermark: number): void {
    const { state, shard } = scope
    this.#scope = scope
    this.#patterns.get(id)?.advance({ state, shard, watermark })
  }

  #giveMatch(deliver: () => void): void {
    this.#parts.counts.results(1)
    this.#transact(this.#scope, deliver)
    this.#takeIn(this.#scope)
  }

  #show(id: string, rows: PatternRows): void {
    if (this.#block === undefined) throw new Error('no block is shown')
    const fail = (row: number, error: unknown): void => this.#output.error(id, row, error)
    const late = this.#patterns.get(id)?.show(this.#scope, rows, this.#block, fail) ?? 0
    if (late > 0) this.#parts.counts.late(late)
  }

  #addTo(stage: string, envelope: Envelope, scope: ShardScope): void {
    const pattern = this.#patterns.get(stage)
    if (pattern === undefined) this.#window(stage).add(envelope)
    else if (!pattern.add(scope, envelope)) this.#parts.counts.late(1)
  }

  #window(id: string): WindowStage {
    const window = this.#windows.get(id)
    if (window === undefined) throw new Error(`there is no window ${id}`)
    return window
  }

  #scopeOf(shard: number): Scope {
    return (this.#scopes[shard] ??= { shard, state: this.#parts.state.part(shard), watermark: -Infinity })
  }
}
