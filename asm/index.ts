// Everything the engine calls. Kernels import the shared memory and own nothing.

export { geohash16 } from './geohash'
export { shardOf, slotHash } from './hash'
export { findSeries, placeDevice } from './series-table'
export { route, publish } from './route'
export { claimShard, releaseShard, laneToWork, openSlice, closeSlice, skipReading, drainTrack } from './lane-reader'
export { countRing, countTrack } from './census'
