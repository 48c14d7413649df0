/** Where lists are made room for. */
export interface ListHome {
  readonly u32: Uint32Array
  put(address: number, value: number): void
  release(address: number, words: number): void
}

const FIRST_ROOM = 16

/**
 * Sees to it that the list, whose address and room (in entries of `words` words) are at `list`, has an entry of that number;
 * what is new is zero. False = no room.
 */
export function growList(
  home: ListHome,
  list: number,
  index: number,
  words: number,
  allocate: (words: number) => number,
): boolean {
  const { u32 } = home
  if (index < u32[list + 1]) return true
  const larger = Math.max(FIRST_ROOM, 2 * u32[list + 1], index + 1)
  const address = allocate(larger * words)
  if (address === 0) return false
  const [old, room] = [u32[list], u32[list + 1]]
  u32.copyWithin(address, old, old + room * words)
  if (old !== 0) home.release(old, room * words)
  home.put(list, address)
  home.put(list + 1, larger)
  return true
}
