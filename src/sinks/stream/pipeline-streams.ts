/** The hubs of all pipelines that have `subscribers` sinks, by the pipeline's name. */
import type { Clock } from '../../core/clock.ts'
import { StreamHub } from './stream-hub.ts'

export class PipelineStreams {
  readonly #clock: Clock
  readonly #hubs = new Map<string, StreamHub>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined if no node of such a pipeline has subscribers. */
  find(pipeline: string): StreamHub | undefined {
    const hub = this.#hubs.get(pipeline)
    return hub !== undefined && hub.nodes.size > 0 ? hub : undefined
  }

  /** A hub stays when its nodes go: followers wait for the pipeline's next version. */
  hubOf(pipeline: string): StreamHub {
    const found = this.#hubs.get(pipeline)
    if (found !== undefined) return found
    const hub = new StreamHub(this.#clock)
    this.#hubs.set(pipeline, hub)
    return hub
  }
}
