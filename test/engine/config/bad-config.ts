import { MillraceError } from '../../../src/core/errors.ts'

/** The message of the `bad-config` error that `attempt` throws. */
export function badConfigOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'bad-config') return error.message
    throw error
  }
  throw new Error('expected a bad-config error')
}
