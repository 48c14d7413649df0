import type { Clock } from '../../core/clock.ts'
import { isDoneWithin } from '../../core/patience.ts'
import type { Random } from '../../core/random.ts'
import { Enrichment } from '../../enrichment/enrichment.ts'
import type { FileTexts } from '../../enrichment/file-texts.ts'
import { ReferenceFile } from '../../enrichment/reference-file.ts'
import type { CompiledPipeline } from '../../pipelines/compiler/compiled-pipeline.ts'
import {
  type EnrichNode,
  type PipelineDefinition,
  SOURCE,
  type StageNode,
} from '../../pipelines/definition/definition.ts'
import type {
  DerivedReading,
  Lookup,
  Origin,
  Outlet,
  PipelineAlert,
  PipelineDeadLetter,
} from '../../pipelines/definition/outside.ts'
import type { ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import { type ReferenceData, ReferenceRows } from '../../pipelines/reference/reference-rows.ts'
import { OnlyThread } from '../../pipelines/runtime/combined-door.ts'
import type { Counts } from '../../pipelines/runtime/counts.ts'
import { UNGUARDED } from '../../pipelines/runtime/result-guard.ts'
import { PipelineRuntime } from '../../pipelines/runtime/pipeline-runtime.ts'
import { PipelineState } from '../../pipelines/state/pipeline-state.ts'
import type { StreamMessage, VelocityMove } from '../../pipelines/stream-messages.ts'

/** Where what a pipeline says goes in the end. */
export interface OutsidePorts {
  readonly clock: Clock
  readonly random: Random
  readonly files: FileTexts
  readonly lookup: Lookup
  readonly sinks: {
    open(pipeline: CompiledPipeline['definition']): Promise<void>
    item(pipeline: string, node: string, item: unknown, origin: Origin): boolean
    closePipeline(pipeline: string, limitMs: number): Promise<void>
  }
  readonly onEmit: (topic: string, item: unknown, id: string) => void
  /** `ticket` = of the worker's message; undefined when it comes from a stage on this thread. */
  readonly onAlert: (pipeline: PipelineDefinition, alert: PipelineAlert, ticket: number | undefined) => void
  readonly onReading: (pipeline: string, reading: DerivedReading) => void
  readonly onDeadLetter: (pipeline: string, letter: PipelineDeadLetter) => void
  readonly onMove: (pipeline: string, move: VelocityMove) => void
  /** Tables that have changed: workers are to be given the new rows. */
  readonly onReferences: () => void
  readonly onProblem: (error: Error) => void
}

const WITH_STATE: ReadonlySet<string> = new Set([
  ...['window', 'deduplicate', 'throttle', 'custom', 'interval-join', 'alert', 'peers', 'pattern'],
])
const LOOK_AT_FILES_MS = 2000
const ENRICH_QUEUE = 10_000
const BACKOFF = { firstMs: 100, maxMs: 10_000 }
/** Of stages behind an `enrich`, which run on this thread: alerts keep a little. */
const OUTSIDE_STATE_BYTES = 16 << 20
/** What runs on this thread is counted where it runs in the workers. */
const UNCOUNTED: Counts = { shown() {}, late() {}, failed() {}, results() {} }

/** A pipeline's part on the I/O side: sinks, asynchronous stages and those behind them, reference tables. */
export class PipelineOutside {
  readonly #compiled: CompiledPipeline
  readonly #ports: OutsidePorts
  readonly #nodes: ReadonlyMap<string, StageNode>
  readonly #tables: Tables
  readonly #enrichments: ReadonlyMap<string, Enrichment>
  readonly #behind: PipelineRuntime

  static async open(
    compiled: CompiledPipeline,
    ports: OutsidePorts,
    tables: Tables,
  ): Promise<PipelineOutside> {
    await ports.sinks.open(compiled.definition)
    return new PipelineOutside(compiled, ports, tables)
  }

  private constructor(compiled: CompiledPipeline, ports: OutsidePorts, tables: Tables) {
    const { nodes } = compiled.definition
    this.#compiled = compiled
    this.#ports = ports
    this.#tables = tables
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
    this.#behind = this.#openBehind()
    this.#enrichments = new Map(
      nodes.flatMap((node) => (node.kind === 'enrich' ? [[node.id, this.#enrichmentOf(node)]] : [])),
    )
  }

  /** Rows of reference tables by node, as they are now. */
  get references(): ReadonlyMap<string, ReferenceData> {
    return new Map([...this.#tables].map(([node, table]) => [node, table.data]))
  }

  receive(message: StreamMessage, ticket: number): void {
    const { onAlert, onReading, onDeadLetter, onMove } = this.#ports
    if ('item' in message) this.#item(message.node, message.item, message.origin)
    else if ('alert' in message) onAlert(this.#compiled.definition, message.alert, ticket)
    else if ('reading' in message) onReading(this.#name, message.reading)
    else if ('move' in message) onMove(this.#name, message.move)
    else onDeadLetter(this.#name, message.deadLetter)
  }

  /**
   * Puts an item in again at a node, on this thread; '' or why that cannot be: behind a window or a stage with state in
   * the workers it cannot get any further here.
   */
  replay(node: string, item: unknown, origin: Origin): string {
    const blocked = this.#withState(node, new Set())
    if (blocked !== '') return `${blocked} has state in the workers; only its readings can be sent again`
    if (!this.#nodes.has(node)) return `there is no node ${JSON.stringify(node)}`
    this.#behind.enter(node, { item, origin })
    return ''
  }

  /** A reading that the pipeline is not shown again, because workers died over it. */
  giveUp(block: ReadingBlock, row: number, cause: string): void {
    const letter = { node: SOURCE, cause, isDeadly: true }
    this.#ports.onDeadLetter(this.#name, { ...letter, ...this.#compiled.envelopeAt(block, row, SOURCE) })
  }

  /** Hands on what waits, within that time. */
  async close(closingMs: number): Promise<void> {
    const { clock, sinks } = this.#ports
    closeTables(this.#tables)
    const idle = Promise.all([...this.#enrichments.values()].map((enrichment) => enrichment.whenIdle()))
    await isDoneWithin(clock, closingMs, idle)
    for (const enrichment of this.#enrichments.values()) enrichment.close()
    await sinks.closePipeline(this.#name, closingMs)
  }

  get #name(): string {
    return this.#compiled.definition.name
  }

  /** The first node with state from this one on, or ''. */
  #withState(id: string, seen: Set<string>): string {
    if (seen.has(id)) return ''
    seen.add(id)
    if (WITH_STATE.has(this.#nodes.get(id)?.kind ?? '')) return id
    for (const { node } of this.#compiled.consumers.get(id) ?? []) {
      const found = this.#withState(node, seen)
      if (found !== '') return found
    }
    return ''
  }

  #item(id: string, item: unknown, origin: Origin): void {
    const node = this.#nodes.get(id)
    if (node?.kind === 'emit') this.#ports.onEmit(node.topic, item, this.#idOf(id, origin))
    else if (node?.kind === 'sink') this.#ports.sinks.item(this.#name, id, item, origin)
    else this.#enrichments.get(id)?.push(item, origin)
  }

  /** Topics are for all: another pipeline, or another stage, may tell of the same reading. */
  #idOf(node: string, { id }: Origin): string {
    return `${this.#name}/${node}/${id}`
  }

  #enrichmentOf(node: EnrichNode): Enrichment {
    const { clock, random, onDeadLetter } = this.#ports
    return new Enrichment({
      ...{ node, clock, random, queueItems: ENRICH_QUEUE, whenFull: 'refuse-new', backoff: BACKOFF },
      keyOf: (_item, { device, group }) => group?.label ?? device,
      onItem: (item, origin) => this.#behind.resume(node.id, { item, origin }),
      onDeadLetter: (letter) => onDeadLetter(this.#name, letter),
    })
  }

  #openBehind(): PipelineRuntime {
    const { lookup, onAlert, onReading, onDeadLetter } = this.#ports
    const outlet: Outlet = {
      flush() {},
      item: (node, item, origin) => this.#item(node, item, origin),
      alert: (alert) => onAlert(this.#compiled.definition, alert, undefined),
      reading: (reading) => onReading(this.#name, reading),
      deadLetter: (letter) => onDeadLetter(this.#name, letter),
    }
    return new PipelineRuntime({
      ...{ compiled: this.#compiled, lookup, outlet, counts: UNCOUNTED },
      state: PipelineState.reserve({
        ...{ bytes: OUTSIDE_STATE_BYTES, whenFull: 'evict-oldest' },
        layout: this.#compiled.fingerprint.structure,
      }),
      references: (node) => new ReferenceRows(this.#tables.get(node)?.data ?? { rows: new Map() }),
      door: new OnlyThread(),
      guard: UNGUARDED,
    })
  }
}

/** Reference tables by node. */
export type Tables = ReadonlyMap<string, ReferenceFile>

export async function openTables(
  { definition }: CompiledPipeline,
  { clock, files, onReferences, onProblem }: OutsidePorts,
): Promise<Tables> {
  const tables = new Map<string, ReferenceFile>()
  try {
    for (const node of definition.nodes) {
      if (node.kind !== 'lookup' || node.table.from !== 'file') continue
      const options = { clock, files, everyMs: LOOK_AT_FILES_MS, onData: onReferences, onProblem }
      tables.set(node.id, await ReferenceFile.open({ ...options, table: node.table }))
    }
  } catch (error) {
    closeTables(tables)
    throw error
  }
  return tables
}

export function closeTables(tables: Tables): void {
  for (const table of tables.values()) table.close()
}
