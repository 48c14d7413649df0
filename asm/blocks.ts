// Free blocks: a stack of the router's, refilled from the rings through which workers give blocks back. The router
// alone takes blocks, so what each tier must leave to the tiers above it needs no agreement with anybody.

import * as L from '../src/memory/layout/lanes.layout'
import * as M from '../src/memory/layout/map.layout'

/** A block that the track may have, or 0. */
export function takeBlock(map: usize, track: u32): usize {
  const stack = <usize>load<u32>(map, M.MAP_FREE_STACK)
  const reserve = load<u32>(map + ((<usize>track) << 2), M.MAP_RESERVES)
  let free = load<u32>(stack)
  if (free <= reserve) {
    gatherBlocks(map, stack)
    free = load<u32>(stack)
    if (free <= reserve) return 0
  }
  store<u32>(stack, free - 1)
  return <usize>load<u32>(stack + ((<usize>free) << 2))
}

function gatherBlocks(map: usize, stack: usize): void {
  const rings = <usize>load<u32>(map, M.MAP_FREE_RINGS)
  const stride = <usize>load<u32>(map, M.MAP_FREE_RING_STRIDE)
  const mask = load<u32>(map, M.MAP_FREE_RING_MASK)
  const workers = load<u32>(map, M.MAP_WORKERS)
  let free = load<u32>(stack)
  for (let worker: u32 = 0; worker < workers; worker++) {
    const ring = rings + <usize>worker * stride
    const tail = atomic.load<u32>(ring, L.FREE_RING_TAIL) // pairs with giveBlock
    let head = load<u32>(ring, L.FREE_RING_HEAD)
    while (head != tail) {
      const block = load<u32>(ring + ((<usize>(head & mask)) << 2), L.FREE_RING_ENTRIES)
      store<u32>(stack + ((<usize>++free) << 2), block)
      head++
    }
    store<u32>(ring, head, L.FREE_RING_HEAD)
  }
  store<u32>(stack, free)
}

/** A worker gives a block back. The ring has a place for every block there is. */
export function giveBlock(map: usize, worker: u32, block: usize): void {
  const ring =
    <usize>load<u32>(map, M.MAP_FREE_RINGS) + <usize>worker * <usize>load<u32>(map, M.MAP_FREE_RING_STRIDE)
  const mask = load<u32>(map, M.MAP_FREE_RING_MASK)
  const tail = load<u32>(ring, L.FREE_RING_TAIL)
  store<u32>(ring + ((<usize>(tail & mask)) << 2), <u32>block, L.FREE_RING_ENTRIES)
  atomic.store<u32>(ring, tail + 1, L.FREE_RING_TAIL) // pairs with gatherBlocks
}
