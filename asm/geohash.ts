// Sixteen bits of geohash (G. Niemeyer, 2008): longitude and latitude halved eight times each, longitude first.

import { MAX_LAT, MAX_LON } from '../src/memory/layout/reading.layout'

const LAT_STEP: u32 = 7031250 // 180° / 256 in 1e-7 degree
const LON_STEP: u32 = 14062500

@inline
function spread(x: u32): u32 {
  x = (x | (x << 4)) & 0x0f0f
  x = (x | (x << 2)) & 0x3333
  return (x | (x << 1)) & 0x5555
}

/** Cell of a position in range; +90° and +180° belong to the last cell, as in other implementations. */
@inline
export function geohash16(lat: i32, lon: i32): u32 {
  const row = min<u32>(<u32>(lat + MAX_LAT) / LAT_STEP, 255)
  const column = min<u32>((<u32>lon + <u32>MAX_LON) / LON_STEP, 255)
  return (spread(column) << 1) | spread(row)
}
