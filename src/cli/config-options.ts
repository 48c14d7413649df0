import type { Command } from 'commander'
import { loadConfigFile } from '../engine/config/file.ts'
import { type LoadedConfig, parseConfig } from '../engine/config/parse.ts'
import type { ConfigFlags } from '../engine/config/source.ts'

/** Options of every command that reads a configuration. */
export interface ConfigOptions {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly insecure?: boolean
}

export function withConfigOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration, YAML or JSON')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on; 0 takes any free one')
    .option('--insecure', 'listen beyond loopback without authentication')
}

/** The configuration that the options name; without --config the defaults. Flags win. */
export function configFrom({ config, host, port, insecure }: ConfigOptions): LoadedConfig {
  const flags: ConfigFlags = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: numberOrText(port) }),
    ...(insecure === undefined ? {} : { insecure }),
  }
  return config === undefined ? parseConfig({}, { flags }) : loadConfigFile(config, flags)
}

/** What isn't a number is left to the schema, which says what is allowed. */
const numberOrText = (text: string): number =>
  /^-?\d+$/.test(text) ? Number(text) : (text as unknown as number)
