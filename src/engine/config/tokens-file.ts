import { resolve } from 'node:path'
import { z } from 'zod'
import { tokenOptions, type TokenOptions } from '../../security/options.ts'
import { treeOf } from './json-schema.ts'
import { badConfig, type Locate, problemsOf } from './problems.ts'
import type { ConfigSource } from './source.ts'
import { parseYaml } from './yaml.ts'

const tokensSchema = z.array(tokenOptions)
const tokensTree = treeOf(tokensSchema)

/** The entries of a tokens file and where each of them stands; paths start at the list. */
export interface TokensFile {
  readonly tokens: TokenOptions[]
  /** As written, before defaults. */
  readonly written: unknown
  readonly locate: Locate
}

/** Reads `auth.tokensFile`: a list of the same entries as `auth.tokens`. No file is an empty one. */
export function readTokensFile(path: string | null, source: ConfigSource): TokensFile {
  if (path === null) return { tokens: [], written: [], locate: () => undefined }
  const { value, locate } = parseYaml(readText(path, source), path)
  const checked = tokensSchema.safeParse(value ?? [])
  if (!checked.success) throw badConfig(problemsOf(checked.error.issues, value, tokensTree()), locate)
  return { tokens: checked.data, written: value, locate }
}

function readText(path: string, { folder, read, locate }: ConfigSource): string {
  try {
    return read(resolve(folder, path))
  } catch (error) {
    const message = `cannot read ${path}: ${(error as Error).message}`
    throw badConfig([{ path: ['auth', 'tokensFile'], message }], locate)
  }
}
