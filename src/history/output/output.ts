import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { MillraceError } from '../../core/errors.ts'
import { CsvRows } from './csv-rows.ts'

/** Where results go; every call is done when its lines are on their way and there is room for more. */
export interface Output {
  /** Lines of JSON, each with its end. */
  write(lines: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface OutputOptions {
  /** `-` = standard output. */
  readonly path: string
  readonly format: 'ndjson' | 'csv'
  readonly stdout: Writable
}

const decoder = new TextDecoder()

export async function openOutput({ path, format, stdout }: OutputOptions): Promise<Output> {
  const isStdout = path === '-'
  const stream = isStdout ? stdout : createWriteStream(path)
  let failure: Error | undefined
  stream.on('error', (error: Error) => (failure ??= error))
  if (!isStdout) await once(stream, 'open').catch(failed(path))
  const rows = format === 'csv' ? new CsvRows() : undefined
  return {
    async write(lines) {
      const text = rows === undefined ? lines : rows.text(decoder.decode(lines).split('\n'))
      if (failure !== undefined) failed(path)(failure)
      if (text.length > 0 && !stream.write(text)) await once(stream, 'drain').catch(failed(path))
    },
    async close() {
      if (isStdout) return
      stream.end()
      await once(stream, 'finish').catch(failed(path))
    },
  }
}

const failed =
  (path: string) =>
  (error: unknown): never => {
    const { message, code } = error as NodeJS.ErrnoException
    throw new MillraceError('storage-failed', `${path} cannot be written: ${message}`, { path, code }, error)
  }
