/** How ensembles learn: of hours (or half hours), and of minutes. */
import type { EnsembleShape } from './ensemble-shape.ts'
import { HOUR_MEMBERS, MINUTE_MEMBERS } from './member.ts'

export type Learning = Omit<EnsembleShape, 'series' | 'season'>

export const HOUR_LEARNING: Learning = {
  members: HOUR_MEMBERS,
  leads: [1, 5, 13, 29, 43],
  discount: 0.995,
  patience: 12,
}
export const MINUTE_LEARNING: Learning = {
  members: MINUTE_MEMBERS,
  leads: [1, 5, 17, 43],
  discount: 0.999,
  patience: 240,
}
