import { complete } from './complete.ts'
import type { Config } from './config.ts'
import { crossCheck } from './cross-checks.ts'
import { type Origins, originsOf } from './origins.ts'
import { isContainer, type Path } from './paths.ts'
import { plain } from './plain.ts'
import { badConfig, type Locate, problemsOf } from './problems.ts'
import { configSchema } from './schema.ts'
import { type ConfigFlags, type ConfigSource, embedded } from './source.ts'
import { readTokensFile } from './tokens-file.ts'

/** A configuration that is complete and valid, and where its values came from. */
export interface LoadedConfig {
  readonly config: Config
  readonly origins: Origins
}

/**
 * Checks a configuration and fills in what it leaves out. Throws MillraceError `bad-config` with one line for
 * each problem: where it is, the value, what is allowed. A complete configuration comes out as it went in.
 *
 * @example parseConfig({ port: 0, limits: { series: 10_000 } }).config.limits.frameBytes // 1048576
 */
export function parseConfig(input: unknown = {}, source: Partial<ConfigSource> = {}): LoadedConfig {
  const from: ConfigSource = { ...embedded(), ...source }
  const flags = plain(from.flags) as ConfigFlags
  const values = plain(input)
  const given = isContainer(values) && !Array.isArray(values) ? { ...values, ...flags } : values
  const locate = flagsFirst(flags, from.locate)

  // what zod compiles for later checks takes longer than this one
  const checked = configSchema.safeParse(given, { jitless: true })
  if (!checked.success) throw badConfig(problemsOf(checked.error.issues, given), locate)
  const { auth } = checked.data
  const tokensFile = readTokensFile(auth.tokensFile, from)
  const config = complete(checked.data, tokensFile.tokens, from)
  const tokens = { ownTokens: auth.tokens.length, tokensFile }
  const problems = crossCheck(config)
  if (problems.length > 0) throw badConfig(problems, locate)
  const written = { input: given, locate: from.locate, flags, ...tokens }
  return withOrigins(config, () => originsOf(config, written))
}

/** Few ask where values came from, and to find that out a file is read once more, value by value. */
function withOrigins(config: Config, find: () => Origins): LoadedConfig {
  let origins: Origins | undefined
  return {
    config,
    get origins() {
      return (origins ??= find())
    },
  }
}

/** Places of values that a flag has set are the flag's. */
function flagsFirst(flags: ConfigFlags, locate: Locate): Locate {
  return (path: Path) => (Object.hasOwn(flags, path[0] ?? '') ? `--${path[0]}` : locate(path))
}
