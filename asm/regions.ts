// Where a reading is processed, and how many readings of each tier every region has had.

import * as C from '../src/memory/layout/counters.layout'
import * as M from '../src/memory/layout/map.layout'
import * as S from '../src/memory/layout/series.layout'
import { addTo } from './counters'
import { cellOf } from './geohash'
import { isPositionAbsent } from './validate'

/** Of its position, or its device's home where it says none; the row notes it. */
@inline
export function regionOf(map: usize, row: usize, reading: usize, north: u32, east: u32): u32 {
  const regions = <usize>load<u32>(map, M.MAP_REGIONS)
  const region = isPositionAbsent(reading)
    ? <u32>load<u8>(row, S.ROW_HOME)
    : <u32>load<u8>(regions + <usize>cellOf(north, east))
  store<u8>(row, <u8>region, S.ROW_REGION)
  return region
}

/** Counts a reading of the tier that was routed. */
@inline
export function countIn(map: usize, region: u32, tier: u32): void {
  const counters = <usize>load<u32>(map, M.MAP_REGION_COUNTERS) + (<usize>region << C.REGION_TIERS_SHIFT)
  addTo(counters + (<usize>tier << 3), 1)
}
