import type { ConfigInput } from './config/schema.ts'
import type { Engine } from './engine.ts'

/**
 * Starts an engine: memory, router and workers. It takes readings at once; `listen()` opens the port. Throws
 * bad-config (with path, value and what is allowed), out-of-memory or pipeline-failed. The engine is loaded by the
 * first call: a pipeline's module imports this package for its words, in every worker.
 */
export async function createEngine(config: ConfigInput = {}): Promise<Engine> {
  const { startEngine } = await import('./start-engine.ts')
  return startEngine(config)
}
