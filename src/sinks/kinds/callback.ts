/**
 * `callback`: items one by one to the embedding program, which may take its time (a promise) and may throw, which costs
 * the item, as a refusal does. While nobody listens they wait.
 */
import { z } from 'zod'
import { bufferOptions } from '../buffer/buffer-options.ts'
import type { SinkRecord } from '../record.ts'
import { type Sink, SinkDown, type SinkKind, type SinkPorts, SinkRefusal } from '../sink.ts'
import { object } from '../values.ts'

export const callbackOptions = object({ type: z.literal('callback'), buffer: bufferOptions })

/** The time limit is for each of them. */
const BATCH = { items: 1, bytes: 1, waitMs: 0 }

export const callback: SinkKind<typeof callbackOptions> = {
  type: 'callback',
  schema: callbackOptions,
  batch: () => BATCH,
  open: (_, ports) => new CallbackSink(ports),
}

class CallbackSink implements Sink {
  readonly #ports: SinkPorts

  constructor(ports: SinkPorts) {
    this.#ports = ports
  }

  async write(batch: readonly SinkRecord[]): Promise<void> {
    const { results } = this.#ports
    if (!results.isHeard()) throw new SinkDown('nobody listens to results')
    for (const { id, pipeline, node, item, origin } of batch) {
      try {
        await results.tell({ id, pipeline, node, time: origin.time, item })
      } catch (error) {
        throw new SinkRefusal(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
      }
    }
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  figures(): Record<string, number> {
    return {}
  }
}
