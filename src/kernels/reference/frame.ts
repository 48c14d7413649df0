import type { Reading } from './reading.ts'

export interface Frame {
  readonly source: number
  readonly receivedMs: number
  readonly readings: readonly Reading[]
}
