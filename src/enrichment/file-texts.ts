import { readFile, stat } from 'node:fs/promises'
import { MillraceError } from '../core/errors.ts'

/** Files as the reference tables see them, so that tests can have them without a disk. */
export interface FileTexts {
  /** Differs whenever the file was changed or replaced. */
  stamp(file: string): Promise<string>
  /** Throws if the bytes are not UTF-8. */
  text(file: string): Promise<string>
}

/** Those of the machine; what fails is told as MillraceError `storage-failed`. */
export const fileTexts: FileTexts = {
  stamp: (file) =>
    onDisk('stat', file, async () => {
      const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
      return `${ino}:${size}:${mtimeNs}:${ctimeNs}`
    }),
  text: (file) =>
    onDisk('read', file, async () => new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))),
}

async function onDisk<T>(call: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code = 'unknown', message } = error as NodeJS.ErrnoException
    throw new MillraceError('storage-failed', `${call} ${path}: ${message}`, { code, call, path }, error)
  }
}
