import { MillraceError } from '../../core/errors.ts'

/** For tidying up: what fails here is found again at the next start. */
export function quietly(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
  }
}
