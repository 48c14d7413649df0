import { systemClock } from '../core/clock.ts'
import { assemble } from './assembly.ts'
import { parseConfig } from './config/parse.ts'
import type { ConfigInput } from './config/schema.ts'
import { Engine } from './engine.ts'

/** What `createEngine` does once its modules are there. */
export const startEngine = async (config: ConfigInput): Promise<Engine> =>
  new Engine(await assemble(parseConfig(config).config, systemClock()))
