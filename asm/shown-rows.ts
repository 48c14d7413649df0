// Rows of some blocks as columns, in the order in which a pipeline is shown them.

import * as S from '../src/history/run/shown.layout'

/** In the order of the input; how many rows there are. */
export function showInOrder(shown: usize): u32 {
  const places = addressAt(shown, S.SHOWN_PLACES)
  const blocks = load<u32>(shown, S.SHOWN_COUNT)
  let rows: u32 = 0
  for (let block: u32 = 0; block < blocks; block++) rows += rowsOf(shown, block)
  for (let row: u32 = 0; row < rows; row++) store<u16>(places + (<usize>row << 1), <u16>row)
  putColumns(shown)
  return rows
}

/** All rows of a device one behind the other, devices in the order of their first rows; how many rows there are. */
export function showByDevice(shown: usize): u32 {
  const rows = countDevices(shown)
  const places = addressAt(shown, S.SHOWN_PLACES)
  const locals = addressAt(shown, S.SHOWN_LOCALS)
  const next = addressAt(shown, S.SHOWN_NEXT)
  let sum: u32 = 0
  for (let at = next; sum < rows; at += 2) {
    const count = <u32>load<u16>(at)
    store<u16>(at, <u16>sum)
    sum += count
  }
  for (let at: usize = 0; at < <usize>rows << 1; at += 2) {
    const own = next + (<usize>load<u16>(locals + at) << 1)
    const place = load<u16>(own)
    store<u16>(places + at, place)
    store<u16>(own, place + 1)
  }
  putColumns(shown)
  return rows
}

function countDevices(shown: usize): u32 {
  const met = addressAt(shown, S.SHOWN_MET)
  const localOf = addressAt(shown, S.SHOWN_LOCAL_OF)
  const locals = addressAt(shown, S.SHOWN_LOCALS)
  const next = addressAt(shown, S.SHOWN_NEXT)
  const round = load<u32>(shown, S.SHOWN_ROUND)
  const blocks = load<u32>(shown, S.SHOWN_COUNT)
  let row: u32 = 0
  let count: u32 = 0
  for (let block: u32 = 0; block < blocks; block++) {
    const end = row + rowsOf(shown, block)
    for (let from = blockAt(shown, block); row < end; row++, from += S.SHOWN_ROW_BYTES) {
      const device = <usize>load<u32>(from, 16)
      if (load<u32>(met + (device << 2)) != round) {
        store<u32>(met + (device << 2), round)
        store<u16>(localOf + (device << 1), <u16>count)
        store<u16>(next + (<usize>count << 1), 0)
        count++
      }
      const local = load<u16>(localOf + (device << 1))
      const rows = next + (<usize>local << 1)
      store<u16>(rows, load<u16>(rows) + 1)
      store<u16>(locals + (<usize>row << 1), local)
    }
  }
  return row
}

function putColumns(shown: usize): void {
  const deviceIds = addressAt(shown, S.SHOWN_DEVICE_IDS)
  const metricIds = addressAt(shown, S.SHOWN_METRIC_IDS)
  const regionIds = addressAt(shown, S.SHOWN_REGION_IDS)
  const device = addressAt(shown, S.SHOWN_DEVICE)
  const time = addressAt(shown, S.SHOWN_TIME)
  const value = addressAt(shown, S.SHOWN_VALUE)
  const metric = addressAt(shown, S.SHOWN_METRIC)
  const region = addressAt(shown, S.SHOWN_REGION)
  const tier = addressAt(shown, S.SHOWN_TIER)
  let places = addressAt(shown, S.SHOWN_PLACES)
  const blocks = load<u32>(shown, S.SHOWN_COUNT)
  for (let block: u32 = 0; block < blocks; block++) {
    const end = places + (<usize>rowsOf(shown, block) << 1)
    for (let from = blockAt(shown, block); places < end; places += 2, from += S.SHOWN_ROW_BYTES) {
      const place = <usize>load<u16>(places)
      const kind = load<u32>(from, 20)
      store<f64>(time + (place << 3), load<f64>(from))
      store<f64>(value + (place << 3), load<f64>(from, 8))
      store<f64>(device + (place << 3), load<f64>(deviceIds + (<usize>load<u32>(from, 16) << 3)))
      store<u16>(metric + (place << 1), load<u16>(metricIds + (<usize>(kind & 0xffff) << 1)))
      store<u8>(region + place, load<u8>(regionIds + <usize>((kind >> 16) & 0xff)))
      store<u8>(tier + place, <u8>(kind >> 24))
    }
  }
}

@inline
function addressAt(shown: usize, field: usize): usize {
  return <usize>load<u32>(shown + field)
}

@inline
function rowsOf(shown: usize, block: u32): u32 {
  return load<u32>(addressAt(shown, S.SHOWN_ROWS) + (<usize>block << 2))
}

@inline
function blockAt(shown: usize, block: u32): usize {
  return addressAt(shown, S.SHOWN_BLOCKS) + <usize>block * S.SHOWN_BLOCK_BYTES
}
