import { Command, Option } from 'commander'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Config } from '../engine/config/config.ts'
import { diskRoom } from '../engine/config/disk-room.ts'
import { explain, explainedValues, type SegmentSize } from '../engine/config/explain.ts'
import { jsonSchema } from '../engine/config/json-schema.ts'
import type { LoadedConfig } from '../engine/config/parse.ts'
import { configFrom, type ConfigOptions, withConfigOptions } from './config-options.ts'
import type { Terminal } from './terminal.ts'
import { listenWarnings } from './warnings.ts'

/** What the command is built from. */
export interface ConfigParts {
  /**
   * The segments that the shared memory will have; throws `out-of-memory` where the limits ask for too much.
   */
  readonly planMemory: (config: Config) => readonly SegmentSize[]
  readonly terminal: Terminal
  readonly clock?: Clock
}

interface Options extends ConfigOptions {
  readonly explain?: boolean
  readonly check?: boolean
  readonly schema?: boolean
  readonly json?: boolean
}

/** `millrace config`: explains the effective configuration, checks it, or prints the schema. */
export function configCommand({ planMemory, terminal, clock = systemClock() }: ConfigParts): Command {
  const run = (options: Options): void => {
    if (options.schema) return terminal.out(JSON.stringify(jsonSchema(), null, 2))
    const loaded = configFrom(options)
    const plan = planMemory(loaded.config)
    if (options.check) return check(loaded, options, terminal, clock)
    terminal.out(options.json ? asJson(loaded, plan) : explain(loaded.config, loaded.origins, plan))
  }
  return withConfigOptions(new Command('config'))
    .description('explain or check the configuration')
    .addOption(
      new Option(
        '--explain',
        'show every value, where it came from, and the memory and disk room that follow (default)',
      ).conflicts(['check', 'schema']),
    )
    .addOption(new Option('--check', 'only say whether it is valid').conflicts('schema'))
    .option('--schema', 'print the JSON Schema of the configuration')
    .option('--json', 'answer in JSON')
    .action(run)
}

function check(
  { config }: LoadedConfig,
  { config: file, json }: Options,
  terminal: Terminal,
  clock: Clock,
): void {
  const warnings = listenWarnings(config, clock)
  if (json) return terminal.out(JSON.stringify({ valid: true, warnings }))
  for (const warning of warnings) terminal.err(`millrace: warning: ${warning}`)
  terminal.out(`${file ?? 'the default configuration'} is valid`)
}

function asJson({ config, origins }: LoadedConfig, memory: readonly SegmentSize[]): string {
  const sharedBytes = memory.reduce((sum, { bytes }) => sum + bytes, 0)
  const disk = diskRoom(config)
  return JSON.stringify({ values: explainedValues(config, origins), memory, sharedBytes, disk }, null, 2)
}
