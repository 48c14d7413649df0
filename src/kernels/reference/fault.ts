import { MALFORMED_CAUSES, type MalformedCause } from '../../core/refusal.ts'
import { MAX_LAT, MAX_LON, POSITION_ABSENT } from '../../memory/layout/reading.layout.ts'
import type { Reading } from './reading.ts'

/** Twin of asm/validate.ts. */
export const eventTime = ({ time }: Reading, arrival: number): number =>
  time === 0 || Number.isNaN(time) ? arrival : time

export const isPositionAbsent = ({ lat, lon }: Reading): boolean =>
  lat === POSITION_ABSENT && lon === POSITION_ABSENT

const isOnEarth = ({ lat, lon }: Reading): boolean => Math.abs(lat) <= MAX_LAT && Math.abs(lon) <= MAX_LON

/** The reading's first fault as an index into MALFORMED_CAUSES; 0 = none. `latest` is the latest time believed. */
export function faultOf(reading: Reading, arrival: number, latest: number): number {
  const time = eventTime(reading, arrival)
  if (reading.key >> 16n === 0n) return cause('device')
  if (!Number.isFinite(reading.value)) return cause('value')
  if (!isPositionAbsent(reading) && !isOnEarth(reading)) return cause('position')
  if (time < 0 || time === Infinity) return cause('time')
  return time > latest ? cause('future') : 0
}

const cause = (name: MalformedCause): number => MALFORMED_CAUSES.indexOf(name)
