import { systemClock } from '../core/clock.ts'
import { assemble } from './assembly.ts'
import { parseConfig } from './config/parse.ts'
import type { ConfigInput } from './config/schema.ts'
import { Engine } from './engine.ts'

/**
 * Starts an engine: memory, router and workers. It takes readings at once; `listen()` opens the port. Throws
 * bad-config (with path, value and what is allowed), out-of-memory or pipeline-failed.
 */
export async function createEngine(config: ConfigInput = {}): Promise<Engine> {
  return new Engine(await assemble(parseConfig(config).config, systemClock()))
}
