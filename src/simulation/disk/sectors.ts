/**
 * What a medium is made of: sectors, written whole or not at all (unless torn on purpose). A sector's bytes are never
 * changed once made, so that many disks can share them; a sector that isn't there reads as zeros and takes no room.
 */
import type { Random } from '../../core/random.ts'

export const SECTOR_BYTES = 512

export type Sector = Uint8Array
export type Sectors = Map<number, Sector>

export const ZEROS: Sector = new Uint8Array(SECTOR_BYTES)

export const sectorOf = (position: number): number => Math.floor(position / SECTOR_BYTES)

/** A copy of `sector` with `bytes` from `offset` on. */
export function withBytes(sector: Sector, bytes: Uint8Array, offset: number): Sector {
  const changed = sector.slice()
  changed.set(bytes, offset)
  return changed
}

/** The sector after a write that tore inside it: new bytes up to some place, old ones behind. */
export function tornSector(old: Sector, fresh: Sector, random: Random): Sector {
  return withBytes(old, fresh.subarray(0, Math.floor(random() * SECTOR_BYTES)), 0)
}

/** Drops what lies behind `bytes`; returns the numbers of the sectors that changed. */
export function cutSectors(sectors: Sectors, bytes: number): number[] {
  const last = sectorOf(bytes)
  const inside = bytes - last * SECTOR_BYTES
  const changed = [...sectors.keys()].filter((index) => index > last || (index === last && inside === 0))
  for (const index of changed) sectors.delete(index)
  const edge = sectors.get(last)
  if (edge === undefined) return changed
  sectors.set(last, withBytes(ZEROS, edge.subarray(0, inside), 0))
  return [...changed, last]
}

/** Copies from `position` into `target`, zeros where no sector is. */
export function readSectors(sectors: Sectors, target: Uint8Array, position: number): void {
  for (let done = 0; done < target.length;) {
    const index = sectorOf(position + done)
    const offset = position + done - index * SECTOR_BYTES
    const bytes = Math.min(SECTOR_BYTES - offset, target.length - done)
    target.set((sectors.get(index) ?? ZEROS).subarray(offset, offset + bytes), done)
    done += bytes
  }
}
