/**
 * A small file beside the database. It says that there is a database, how far it was at its last orderly end, and, a
 * second time, the tokens: to lose devices is a nuisance that a checkpoint repairs, to lose tokens unseen would open the
 * door to everyone. Written whole, safe before it takes the old one's place.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TokenRecord } from './change.ts'
import { openValue, sealValue } from './sealed-value.ts'

const KEY = 'label'

export interface Label {
  readonly format: 1
  /** The database has all changes up to this number. */
  readonly position: number
  readonly tokens: readonly TokenRecord[]
}

/** The label; null if there is none; `damaged` if what is there is not what was written. */
export function readLabel(path: string): Label | null | 'damaged' {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const opened = openValue(KEY, bytes)
  return opened === undefined ? 'damaged' : (JSON.parse(opened.text) as Label)
}

export function writeLabel(path: string, label: Label): void {
  const fresh = `${path}.new`
  const file = openSync(fresh, 'w', 0o600)
  try {
    writeSync(file, sealValue(KEY, JSON.stringify(label)).bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(fresh, path)
  syncFolder(dirname(path))
}

/** Makes names safe: files created, renamed or removed in the folder. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
