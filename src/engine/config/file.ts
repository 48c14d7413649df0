import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MillraceError } from '../../core/errors.ts'
import { type LoadedConfig, parseConfig } from './parse.ts'
import type { ConfigFlags } from './source.ts'
import { parseYaml } from './yaml.ts'

/**
 * Reads a configuration file, YAML or JSON. Relative paths in it start from its folder. Throws MillraceError
 * `bad-config` whose lines begin with `file:line:column`.
 */
export function loadConfigFile(path: string, flags: ConfigFlags = {}): LoadedConfig {
  const { value, locate } = parseYaml(readText(path), path)
  return parseConfig(value ?? {}, { folder: dirname(resolve(path)), locate, flags })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new MillraceError(
      'bad-config',
      `cannot read the configuration ${path}: ${(error as Error).message}`,
      { path },
      error,
    )
  }
}
