/** What may be done to a running engine and its clients. */
import type { Random } from '../../src/core/random.ts'
import type { Generation } from './generation.ts'

export const moment = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface Fault {
  readonly kind: string
  /** How often it is drawn, compared with others. */
  readonly weight: number
  readonly isPossible: (generation: Generation) => boolean
  readonly strike: (generation: Generation, random: Random) => Promise<void>
  /** What was acknowledged may be lost by it, if that is told. */
  readonly isDamage?: boolean
}

export async function crash(generation: Generation): Promise<void> {
  await generation.server.kill()
  await generation.start()
}
