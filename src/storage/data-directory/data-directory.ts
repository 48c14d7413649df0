/**
 * The data directory: folders for what is kept, a file that says which format they are in, and the lock of the engine
 * that works in it. Readers (`inspect`, `verify`) take no lock.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { type DirectoryLock, takeLock } from './directory-lock.ts'

const FOLDERS = ['journal', 'checkpoint', 'registry'] as const
const FORMAT_FILE = 'format.json'
const FORMAT = 1
/** What may be in a folder that is made a data directory: what a start that was cut short left, and a new volume has. */
const MAY_BE_THERE = /^(journal|checkpoint|registry|engine\..*|format\.json\.new|lost\+found)$/

/** Where things are. */
export interface DataFolders {
  readonly path: string
  readonly journal: string
  readonly checkpoint: string
  readonly registry: string
}

export interface DataDirectory extends DataFolders {
  /** Lets go of the lock; to be called last. */
  close(): void
}

/**
 * Makes the directory if it is not there and takes its lock. Throws `data-dir-in-use`; `bad-config` for a folder with
 * other things in it or a newer format; `storage-damaged`, `storage-failed`.
 */
export function openDataDirectory(path: string, clock: Clock): DataDirectory {
  const folders = foldersOf(path)
  return withDiskErrors(folders.path, () => {
    mkdirSync(folders.path, { recursive: true, mode: 0o700 })
    if (!existsSync(join(folders.path, FORMAT_FILE))) checkForeign(folders.path)
    const lock = takeLock(folders.path, clock.epochMs())
    try {
      return { ...prepare(folders), close: lock.release }
    } catch (error) {
      releaseQuietly(lock)
      throw error
    }
  })
}

/** Looks at a directory without a lock; it has to be there. */
export function lookAtDataDirectory(path: string): DataFolders {
  const folders = foldersOf(path)
  return withDiskErrors(folders.path, () => {
    if (!existsSync(join(folders.path, FORMAT_FILE))) {
      throw new MillraceError(
        'bad-config',
        `${folders.path} is not a data directory: it has no ${FORMAT_FILE}`,
      )
    }
    checkFormat(folders.path)
    return folders
  })
}

function foldersOf(path: string): DataFolders {
  const root = resolve(path)
  const [journal, checkpoint, registry] = FOLDERS.map((name) => join(root, name))
  return { path: root, journal, checkpoint, registry }
}

function prepare(folders: DataFolders): DataFolders {
  for (const name of FOLDERS) mkdirSync(folders[name], { recursive: true, mode: 0o700 })
  if (existsSync(join(folders.path, FORMAT_FILE))) checkFormat(folders.path)
  else writeFormat(folders.path)
  return folders
}

function writeFormat(path: string): void {
  const fresh = join(path, `${FORMAT_FILE}.new`)
  writeFileSync(fresh, `${JSON.stringify({ what: 'millrace data directory', format: FORMAT })}\n`, {
    flush: true,
  })
  renameSync(fresh, join(path, FORMAT_FILE))
}

function checkFormat(path: string): void {
  const file = join(path, FORMAT_FILE)
  const format = formatIn(readFileSync(file, 'utf8'))
  if (format === undefined)
    throw new MillraceError('storage-damaged', `${file} does not say a format`, { path })
  if (format <= FORMAT) return
  const message = `${path} has format ${format}, this version knows up to ${FORMAT}: use a newer millrace`
  throw new MillraceError('bad-config', message, { path, format })
}

function formatIn(text: string): number | undefined {
  try {
    const format = (JSON.parse(text) as { readonly format?: unknown } | null)?.format
    return typeof format === 'number' && Number.isInteger(format) && format > 0 ? format : undefined
  } catch {
    return undefined
  }
}

function checkForeign(path: string): void {
  const foreign = readdirSync(path).find((name) => !MAY_BE_THERE.test(name))
  if (foreign === undefined) return
  const message = `${path} is not a data directory: there is ${JSON.stringify(foreign)} in it and no ${FORMAT_FILE}`
  throw new MillraceError('bad-config', `${message}; allowed: an empty folder, or one that is not there`, {
    path,
  })
}

function releaseQuietly(lock: DirectoryLock): void {
  try {
    lock.release()
  } catch {
    // the disk's first error is the one to tell; the lock goes with the process
  }
}

function withDiskErrors<T>(path: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException
    if (error instanceof MillraceError || syscall === undefined) throw error
    const context = { code, call: syscall, path }
    throw new MillraceError('storage-failed', `${path}: cannot be opened: ${message}`, context, error)
  }
}
