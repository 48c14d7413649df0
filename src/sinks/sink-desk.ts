/**
 * The sinks of all pipelines that run. Items come in by pipeline and node; each sink has a lane of its own, so that one
 * that is down holds back nobody else.
 */
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { SinkStats } from '../core/stats.ts'
import type { PipelineDefinition, SinkNode } from '../pipelines/definition/definition.ts'
import type { Origin, PipelineDeadLetter } from '../pipelines/definition/outside.ts'
import { segmentBytesOf } from './buffer/buffer-options.ts'
import { Spill } from './buffer/spill.ts'
import type { SinkDisk } from './disk.ts'
import type { OriginNames, SinkRecord } from './record.ts'
import type { ResultPort, SinkPorts } from './sink.ts'
import { type CheckedSink, parseSink } from './sink-kinds.ts'
import { SinkLane } from './sink-lane.ts'
import { PipelineStreams } from './stream/pipeline-streams.ts'
import type { Poster } from './webhook/poster.ts'

export interface SinkDeskParts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: SinkDisk
  readonly poster: Poster
  readonly print: (text: string) => Promise<void>
  readonly results: ResultPort
  readonly env: (name: string) => string | undefined
  readonly names: OriginNames
  /** Where sinks may spill; null: nowhere, and what finds no room in memory goes by the sink's policy. */
  readonly spillFolder: string | null
  /** Told of items that a sink gave up, where the node's policy wants them kept. */
  readonly onDeadLetter: (pipeline: string, letter: PipelineDeadLetter) => void
}

type Lanes = ReadonlyMap<string, SinkLane>

export class SinkDesk {
  /** What subscribers follow. */
  readonly streams: PipelineStreams
  readonly #parts: SinkDeskParts
  readonly #ports: SinkPorts
  readonly #files = new Set<string>()
  readonly #pipelines = new Map<string, Lanes>()
  #isClosed = false

  constructor(parts: SinkDeskParts) {
    this.#parts = parts
    this.streams = new PipelineStreams(parts.clock)
    this.#ports = { ...parts, streams: this.streams, claimFile: (path) => this.#claim(path) }
  }

  /**
   * Opens the sinks of a pipeline; items that an earlier process has left on disk are handed on first. Nobody outside is
   * called yet. Throws bad-config for options that are not allowed, conflict if the pipeline's sinks are open already or
   * a file is another sink's, storage-failed if a spill cannot be used; then none is open.
   */
  async open({ name, nodes }: Pick<PipelineDefinition, 'name' | 'nodes'>): Promise<void> {
    if (this.#isClosed) throw new MillraceError('closed', 'the sinks are closed')
    if (this.#pipelines.has(name))
      throw new MillraceError('conflict', `the sinks of ${name} are open already`)
    const sinks = nodes.filter((node) => node.kind === 'sink')
    const checked = sinks.map((node) => parseSink(node.sink, `${name}, ${node.id}`))
    const lanes = new Map<string, SinkLane>()
    this.#pipelines.set(name, lanes)
    try {
      for (const [at, node] of sinks.entries())
        lanes.set(node.id, await this.#openLane(name, node, checked[at]))
    } catch (error) {
      await this.closePipeline(name, 0)
      throw error
    }
  }

  /** Takes an item for a sink; false if there is no such sink. */
  item(pipeline: string, node: string, item: unknown, origin: Origin): boolean {
    const lane = this.#pipelines.get(pipeline)?.get(node)
    lane?.take(item, origin)
    return lane !== undefined
  }

  stats(): SinkStats[] {
    return this.#lanes().map((lane) => lane.stats())
  }

  /**
   * Resolves when everything taken so far has been handed on, is safe on disk, or is counted as lost: what comes before
   * saying elsewhere (in a checkpoint) that it was taken. Sinks that may not spill have nothing to wait for.
   */
  async park(): Promise<void> {
    await Promise.all(this.#lanes().map((lane) => lane.park()))
  }

  /** Hands on what waits for up to `limitMs`; what then still waits stays on disk, or is counted as dropped. */
  async closePipeline(name: string, limitMs: number): Promise<void> {
    const lanes = this.#pipelines.get(name)
    if (lanes === undefined) return
    await Promise.all([...lanes.values()].map((lane) => lane.close(limitMs)))
    if (this.#pipelines.get(name) === lanes) this.#pipelines.delete(name)
  }

  /** Closes all; what still comes is counted as dropped. */
  async close(limitMs: number): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#lanes().map((lane) => lane.close(limitMs)))
    this.#parts.poster.close()
  }

  #lanes(): SinkLane[] {
    return [...this.#pipelines.values()].flatMap((lanes) => [...lanes.values()])
  }

  async #openLane(pipeline: string, { id, sink, policy }: SinkNode, checked: CheckedSink): Promise<SinkLane> {
    const place = { pipeline, node: id }
    const { names, clock, random } = this.#parts
    const spill = await this.#openSpill(pipeline, id, checked)
    const onGivenUp = ({ item, origin }: SinkRecord, cause: string): void => {
      if (policy.onError !== 'dead-letter') return
      this.#parts.onDeadLetter(pipeline, { node: id, cause: `${sink.type}: ${cause}`, item, origin })
    }
    const opened = checked.open(this.#ports, place)
    return new SinkLane({ place, checked, sink: opened, spill, policy, names, clock, random, onGivenUp })
  }

  async #openSpill(pipeline: string, node: string, { buffer }: CheckedSink): Promise<Spill | undefined> {
    const { spillFolder, disk } = this.#parts
    if (spillFolder === null || buffer.spillBytes === 0) return undefined
    const folder = join(spillFolder, folderName(pipeline), folderName(node))
    return Spill.open(folder, disk, segmentBytesOf(buffer))
  }

  #claim(path: string): () => void {
    if (this.#files.has(path))
      throw new MillraceError('conflict', `${path} is written by another sink already`)
    this.#files.add(path)
    return () => this.#files.delete(path)
  }
}

/** A name as one part of a path, whatever is in it. */
const folderName = (name: string): string =>
  encodeURIComponent(name).replaceAll('.', '%2E').replaceAll('*', '%2A')
