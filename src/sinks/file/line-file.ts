/**
 * A file of lines that is added to. A line that was torn, by a crash or a full disk, is written over, so that whoever reads
 * the file never finds half of one before another.
 */
import { dirname } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { SinkDisk, SinkFile } from '../disk.ts'

const LINE_END = 10
const WINDOW = 64 * 1024

export class LineFile {
  /** When its first line was written, or when it was opened if that is not known. */
  readonly openedMs: number
  readonly #file: SinkFile
  #bytes: number

  private constructor(file: SinkFile, bytes: number, openedMs: number) {
    this.#file = file
    this.#bytes = bytes
    this.openedMs = openedMs
  }

  /** Goes on behind what is there. */
  static async open(path: string, { disk, clock }: { disk: SinkDisk; clock: Clock }): Promise<LineFile> {
    await disk.makeFolder(dirname(path))
    const file = await disk.open(path)
    try {
      const bytes = await file.bytes()
      const end = await endOfLines(file, bytes)
      if (end < bytes) await file.truncate(end)
      return new LineFile(
        file,
        end,
        end === 0 ? clock.epochMs() : Math.min(await file.changedMs(), clock.epochMs()),
      )
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines)
    try {
      await this.#file.write(bytes, this.#bytes)
    } catch (error) {
      await this.#file.truncate(this.#bytes).catch(() => undefined)
      throw error
    }
    this.#bytes += bytes.length
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** Behind the last line end. */
async function endOfLines(file: SinkFile, bytes: number): Promise<number> {
  for (let end = bytes; end > 0;) {
    const from = Math.max(0, end - WINDOW)
    const at = (await file.read(from, end - from)).lastIndexOf(LINE_END)
    if (at >= 0) return from + at + 1
    end = from
  }
  return 0
}
