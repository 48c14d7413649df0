import { join } from 'node:path'
import { MillraceError } from '../../core/errors.ts'
import type { TokenRecord } from './change.ts'
import { readLabel } from './label.ts'
import { LABEL_FILE } from './registry-store.ts'

/** The tokens in a registry's folder, without opening its database: works while an engine runs. */
export function peekTokens(folder: string): readonly TokenRecord[] {
  const path = join(folder, LABEL_FILE)
  const label = readLabel(path)
  if (label !== 'damaged') return label?.tokens ?? []
  throw new MillraceError('storage-damaged', `${path}: is not what was written; the next start repairs it`, {
    path,
  })
}
