// Everything the engine calls. Kernels import the shared memory and own nothing.

export { cellAt } from './geohash'
export { shardOf } from './hash'
export { findSeries, placeDevice } from './series-table'
export { route, publish } from './route'
export {
  claimShard,
  releaseShard,
  laneToWork,
  openSlice,
  closeSlice,
  skipReading,
  drainTrack,
} from './lane-reader'
export { countRing, countTrack } from './census'
export { gatherColumns } from './gather'
export { adoptFrame } from './replay'
export { logWaiting, copyShard, copyLogged, packChunks } from './capture'
export { restoreRows, requeue, requeueFence } from './requeue'
export { initCrc32c, crc32c } from './crc32c'
export { putReading, scanReadings } from './scan-rows'
export { scanCsv } from './scan-csv'
export { scanNdjson } from './scan-ndjson'
export { showInOrder, showByDevice } from './shown-rows'
