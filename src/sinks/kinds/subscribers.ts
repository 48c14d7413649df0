/** `subscribers`: items to whoever follows `GET /v1/pipelines/{name}/stream`. It is never down; see stream/stream-hub.ts. */
import { z } from 'zod'
import { bufferOptions } from '../buffer/buffer-options.ts'
import type { SinkRecord } from '../record.ts'
import type { Sink, SinkKind, SinkPlace, SinkPorts } from '../sink.ts'
import type { StreamHub } from '../stream/stream-hub.ts'
import { object, whole } from '../values.ts'

export const subscribersOptions = object({
  type: z.literal('subscribers'),
  /** Kept for those who come back or fall behind; the largest of the pipeline's sinks counts. */
  recent: object({
    items: whole(1, 1_000_000, 1000),
    bytes: whole(1024, 1024 ** 3, 4 * 1024 * 1024),
  }).prefault({}),
  buffer: bufferOptions,
})

type SubscribersSpec = z.output<typeof subscribersOptions>

const BATCH = { items: 1000, bytes: 1024 * 1024, waitMs: 0 }

export const subscribers: SinkKind<typeof subscribersOptions> = {
  type: 'subscribers',
  schema: subscribersOptions,
  batch: () => BATCH,
  open: ({ recent }, ports, place) => new SubscribersSink(recent, ports, place),
}

class SubscribersSink implements Sink {
  readonly #hub: StreamHub
  readonly #node: string

  constructor(recent: SubscribersSpec['recent'], { streams }: SinkPorts, { pipeline, node }: SinkPlace) {
    this.#node = node
    this.#hub = streams.hubOf(pipeline)
    this.#hub.add(node, recent)
  }

  async write(batch: readonly SinkRecord[]): Promise<void> {
    this.#hub.publish(batch)
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.#hub.remove(this.#node)
  }

  figures(): Record<string, number> {
    return { subscribers: this.#hub.followers, gaps: this.#hub.gaps }
  }
}
