import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Locate } from './problems.ts'

/** What may be said on the command line, over everything else. */
export interface ConfigFlags {
  readonly host?: string
  readonly port?: number
  readonly insecure?: boolean
}

/** Where a configuration comes from and what it is seen against. */
export interface ConfigSource {
  /** Folder that relative paths start from. */
  readonly folder: string
  /** Where each value was written; for a plain object this says nothing. */
  readonly locate: Locate
  readonly flags: ConfigFlags
  /** Reads a text file. */
  readonly read: (path: string) => string
  /** Cores of the machine. */
  readonly cores: number
}

/** A plain object handed over by the embedding program. */
export const embedded = (): ConfigSource => ({
  folder: process.cwd(),
  locate: () => undefined,
  flags: {},
  read: (path) => readFileSync(path, 'utf8'),
  cores: availableParallelism(),
})
