/** `console`: items as JSON on standard output, a line each. */
import { z } from 'zod'
import { bufferOptions } from '../buffer/buffer-options.ts'
import { itemText, type SinkRecord } from '../record.ts'
import type { Sink, SinkKind, SinkPorts } from '../sink.ts'
import { choice, object } from '../values.ts'

export const CONTENTS = ['record', 'item'] as const

/** `record`: with id, time and what else is known of where it comes from; `item`: the item alone. */
export const contentOption = choice(CONTENTS, 'record')

export const linesOf = (batch: readonly SinkRecord[], content: (typeof CONTENTS)[number]): string =>
  batch.map((record) => `${content === 'item' ? itemText(record) : record.line}\n`).join('')

export const consoleOptions = object({
  type: z.literal('console'),
  content: contentOption,
  buffer: bufferOptions,
})

const BATCH = { items: 1000, bytes: 256 * 1024, waitMs: 0 }

export const consoleSink: SinkKind<typeof consoleOptions> = {
  type: 'console',
  schema: consoleOptions,
  batch: () => BATCH,
  open: ({ content }, ports) => new ConsoleSink(content, ports),
}

class ConsoleSink implements Sink {
  readonly #content: (typeof CONTENTS)[number]
  readonly #ports: SinkPorts

  constructor(content: (typeof CONTENTS)[number], ports: SinkPorts) {
    this.#content = content
    this.#ports = ports
  }

  write(batch: readonly SinkRecord[]): Promise<void> {
    return this.#ports.print(linesOf(batch, this.#content))
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  figures(): Record<string, number> {
    return {}
  }
}
