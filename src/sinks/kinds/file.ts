/**
 * `file`: items as JSON in a file, a line each. A file that has grown large or old is made safe and gets the time as
 * part of its name, and the oldest of those are removed. Under the name in the options there is always the current one.
 */
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { bufferOptions } from '../buffer/buffer-options.ts'
import { LineFile } from '../file/line-file.ts'
import { RotatedFiles } from '../file/rotated-files.ts'
import type { SinkRecord } from '../record.ts'
import type { Sink, SinkKind, SinkPorts } from '../sink.ts'
import { choice, object, text, whole } from '../values.ts'
import { contentOption, linesOf } from './console.ts'

const GIB = 1024 ** 3
const DAY_MS = 86_400_000

export const fileOptions = object({
  type: z.literal('file'),
  /** Relative to the working directory of the process. */
  path: text('the name of a file', /[^/\\]$/),
  content: contentOption,
  rotate: object({
    /** 0 = not by size. */
    bytes: whole(0, 1024 * GIB, 0),
    /** From the beginning of one span of this length, counted from 1970, to the next; 0 = not by time. */
    everyMs: whole(0, 366 * DAY_MS, 0),
    /** Rotated files that are kept; 0 = all. */
    keep: whole(0, 100_000, 10),
  }).prefault({}),
  /** When what was written is made safe: when a file ends, or with every batch. */
  sync: choice(['file', 'batch'], 'file'),
  buffer: bufferOptions,
})

type FileSpec = z.output<typeof fileOptions>

const BATCH = { items: 10_000, bytes: 1024 * 1024, waitMs: 0 }

export const file: SinkKind<typeof fileOptions> = {
  type: 'file',
  schema: fileOptions,
  batch: () => BATCH,
  open: (spec, ports) => new FileSink(spec, ports),
}

class FileSink implements Sink {
  readonly #spec: FileSpec
  readonly #ports: SinkPorts
  readonly #path: string
  readonly #giveBack: () => void
  readonly #rotated: RotatedFiles
  readonly #endTimer: () => void
  #file: LineFile | undefined
  /** Calls are made one after the other; one that hangs holds up the next ones. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(spec: FileSpec, ports: SinkPorts) {
    this.#spec = spec
    this.#ports = ports
    this.#path = resolve(spec.path)
    this.#giveBack = ports.claimFile(this.#path)
    this.#rotated = new RotatedFiles(this.#path, spec.rotate.keep, ports.disk)
    const { everyMs } = spec.rotate
    this.#endTimer = everyMs === 0 ? () => undefined : ports.clock.every(everyMs, () => this.#lookAtTime())
  }

  write(batch: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      signal.throwIfAborted()
      await this.#rotateIfDue()
      this.#file ??= await LineFile.open(this.#path, this.#ports)
      await this.#file.append(linesOf(batch, this.#spec.content))
      if (this.#spec.sync === 'batch') await this.#file.sync()
    })
  }

  flush(): Promise<void> {
    return this.#inTurn(async () => this.#file?.sync())
  }

  async close(): Promise<void> {
    this.#endTimer()
    try {
      await this.#inTurn(() => this.#end())
    } finally {
      this.#giveBack()
    }
  }

  figures(): Record<string, number> {
    return { rotated: this.#rotated.count, bytes: this.#file?.bytes ?? 0 }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** A file that nothing is written to any more ends in time, too. */
  #lookAtTime(): void {
    this.#inTurn(() => this.#rotateIfDue()).catch(() => undefined)
  }

  async #rotateIfDue(): Promise<void> {
    const file = this.#file
    if (file === undefined || file.bytes === 0 || !this.#isOver(file)) return
    await this.#end()
    await this.#rotated.take(this.#ports.clock.epochMs())
  }

  #isOver({ bytes, openedMs }: LineFile): boolean {
    const { rotate } = this.#spec
    if (rotate.bytes > 0 && bytes >= rotate.bytes) return true
    const span = (ms: number): number => Math.floor(ms / rotate.everyMs)
    return rotate.everyMs > 0 && span(this.#ports.clock.epochMs()) > span(openedMs)
  }

  async #end(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    await file.sync()
    this.#file = undefined
    await file.close()
    await this.#ports.disk.syncFolder(dirname(this.#path))
  }
}
