// Eight bits each of longitude and latitude: the cells of 16 bits of geohash (G. Niemeyer, 2008). A cell's number
// here is row × 256 + column; that the bits are interleaved in a geohash matters only to whoever writes the table.

import { MAX_LAT, MAX_LON } from '../src/memory/layout/reading.layout'

const LAT_STEP: u32 = 7031250 // 180° / 256 in 1e-7 degree
const LON_STEP: u32 = 14062500

/** Latitude counted from the south pole, longitude from the antimeridian; above 2 × MAX when out of range. */
@inline
export function northing(lat: i32): u32 {
  return <u32>lat + <u32>MAX_LAT
}

@inline
export function easting(lon: i32): u32 {
  return <u32>lon + <u32>MAX_LON
}

/** Row of a northing, column of an easting; from 256 on where it is out of range, or the pole or antimeridian itself. */
@inline
export function rowOf(north: u32): u32 {
  return north / LAT_STEP
}

@inline
export function columnOf(east: u32): u32 {
  return east / LON_STEP
}

/** Cell of a position in range; +90° and +180° belong to the last row and column, as in other implementations. */
@inline
export function cellOf(north: u32, east: u32): u32 {
  return (min<u32>(rowOf(north), 255) << 8) | min<u32>(columnOf(east), 255)
}

export function cellAt(lat: i32, lon: i32): u32 {
  return cellOf(northing(lat), easting(lon))
}
