import type { Config } from './config.ts'
import { leavesOf, type Path, pathText, valueAt } from './paths.ts'
import type { Locate } from './problems.ts'
import type { ConfigFlags } from './source.ts'
import type { TokensFile } from './tokens-file.ts'

/**
 * Where each value of a configuration came from, by its path: `default`, `flag`, `option` (the embedding
 * program), `file:line`, or the path of the option it was taken over from.
 */
export type Origins = ReadonlyMap<string, string>

export interface Given {
  /** As written, before defaults. */
  readonly input: unknown
  readonly locate: Locate
  readonly flags: ConfigFlags
  /** Entries of `auth.tokens` written in the configuration itself; further ones are of the tokens file. */
  readonly ownTokens: number
  readonly tokensFile: Pick<TokensFile, 'written' | 'locate'>
}

export function originsOf(config: Config, given: Given): Origins {
  const origins = new Map<string, string>()
  for (const { path } of leavesOf(config)) origins.set(pathText(path), originOf(path, given))
  return origins
}

function originOf(path: Path, { input, locate, flags, ownTokens, tokensFile }: Given): string {
  if (path.length === 1 && Object.hasOwn(flags, path[0])) return 'flag'
  if (path[1] === 'tokens' && Number(path[2]) >= ownTokens) {
    return (
      writtenAt([Number(path[2]) - ownTokens, ...path.slice(3)], tokensFile.written, tokensFile.locate) ??
      'default'
    )
  }
  return writtenAt(path, input, locate) ?? takenOver(path) ?? 'default'
}

/** `file:line`, or `option` where there is no file; undefined if nothing is written there. */
function writtenAt(path: Path, written: unknown, locate: Locate): string | undefined {
  if (valueAt(written, path) === undefined) return undefined
  return locate(path)?.replace(/:\d+$/, '') ?? 'option'
}

/** A metric's rule is that of `anomalies` unless it says otherwise, and a rule's tier is the default one. */
function takenOver(path: Path): string | undefined {
  if (path[0] === 'metrics' && path[2] !== undefined && path[2] !== 'unit') return `anomalies.${path[2]}`
  if (path[0] === 'rules' && path[2] === 'tier') return 'tiers.default'
  return undefined
}
