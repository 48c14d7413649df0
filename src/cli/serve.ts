import { Command } from 'commander'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Config } from '../engine/config/config.ts'
import { configFrom, type ConfigOptions, withConfigOptions } from './config-options.ts'
import { jsonSpeaker, lineSpeaker, type ListeningAt, type ServedEngine } from './serve-events.ts'
import type { Terminal } from './terminal.ts'
import { listenWarnings } from './warnings.ts'

/** What the command is built from. */
export interface ServeParts {
  readonly createEngine: (config: Config) => Promise<ServedEngine>
  readonly terminal: Terminal
  readonly clock?: Clock
}

interface Options extends ConfigOptions {
  readonly json?: boolean
}

/**
 * `millrace serve`: runs an engine until SIGINT or SIGTERM, then closes it without losing what it accepted.
 */
export function serveCommand({ createEngine, terminal, clock = systemClock() }: ServeParts): Command {
  const run = async (options: Options): Promise<void> => {
    const { config } = configFrom(options)
    const say = options.json ? jsonSpeaker(terminal) : lineSpeaker(terminal)
    const warnings = listenWarnings(config, clock)
    for (const warning of warnings) say.warning(warning)
    const stop = terminal.stopRequested()
    const engine = await createEngine(config)
    engine.on('failure', (error) => say.failure(error))
    engine.on('recovered', ({ readings, seconds }) => say.recovered(readings, seconds))
    engine.on('warning', (warning) => warnings.includes(warning) || say.warning(warning))
    const at = await listenOrClose(engine)
    say.listening(at, config)
    await stop
    await engine.close()
    say.closed(engine.stats())
  }
  return withConfigOptions(new Command('serve'))
    .description('run the engine')
    .option('--json', 'one JSON document per line')
    .action(run)
}

async function listenOrClose(engine: ServedEngine): Promise<ListeningAt> {
  try {
    return await engine.listen()
  } catch (error) {
    await engine.close()
    throw error
  }
}
