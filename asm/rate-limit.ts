// How many readings each device has sent in the current second (fixed window). A place whose second is over is free.

import * as M from '../src/memory/layout/map.layout'
import { hashDevice } from './hash'

/** Counts one reading of the device; false when it is over its rate or the table has no place for it. */
export function withinRate(map: usize, device: u64, rate: u32, second: u32): bool {
  const table = <usize>load<u32>(map, M.MAP_RATES)
  const mask = load<u32>(map, M.MAP_RATE_MASK)
  const first = <u32>(hashDevice(device) >> 32)
  let free: usize = 0
  for (let i: u32 = 0; i < <u32>M.RATE_PROBES; i++) {
    const place = table + <usize>((first + i) & mask) * M.RATE_BYTES
    const current = load<u32>(place, M.RATE_SECOND) == second
    if (current && load<u64>(place, M.RATE_DEVICE) == device) {
      const count = load<u32>(place, M.RATE_COUNT)
      store<u32>(place, count + 1, M.RATE_COUNT)
      return count < rate
    }
    if (!current && free == 0) free = place
  }
  if (free == 0) return false
  store<u64>(free, device, M.RATE_DEVICE)
  store<u32>(free, second, M.RATE_SECOND)
  store<u32>(free, 1, M.RATE_COUNT)
  return true
}
