/**
 * A file without its name: what reads see (live), what is on the medium (safe), and the states each sector and the
 * length went through since the last sync. A power cut finds, for each of them on its own, any of these states.
 *
 * After a failed sync the system takes the unsynced sectors for clean: reads may still see them, the medium has some of
 * them or none, and a later sync that succeeds says nothing about them.
 */
import { Luck } from './luck.ts'
import { cutSectors, readSectors, SECTOR_BYTES, sectorOf, tornSector, withBytes, ZEROS } from './sectors.ts'
import type { Sector, Sectors } from './sectors.ts'

export class SimulatedInode {
  #live: Sectors = new Map()
  #liveBytes = 0
  #safe: Sectors = new Map()
  #safeBytes = 0
  /** By sector, oldest first; never empty lists. */
  #unsynced = new Map<number, Sector[]>()
  #unsyncedBytes: number[] = []
  /** Descriptors open on it: it keeps its room without a name. */
  opened = 0

  get bytes(): number {
    return this.#liveBytes
  }

  get roomBytes(): number {
    return this.#live.size * SECTOR_BYTES
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0 || this.#unsyncedBytes.length > 0
  }

  read(target: Uint8Array, position: number): number {
    const bytes = Math.max(0, Math.min(target.length, this.#liveBytes - position))
    readSectors(this.#live, target.subarray(0, bytes), position)
    return bytes
  }

  /** Writes as much as `roomBytes` of new sectors allow; returns the bytes written. */
  write(data: Uint8Array, position: number, roomBytes: number): number {
    let room = roomBytes
    let done = 0
    while (done < data.length) {
      const index = sectorOf(position + done)
      const old = this.#live.get(index)
      if (old === undefined && room < SECTOR_BYTES) break
      if (old === undefined) room -= SECTOR_BYTES
      const offset = position + done - index * SECTOR_BYTES
      const piece = data.subarray(done, done + SECTOR_BYTES - offset)
      this.#set(index, withBytes(old ?? ZEROS, piece, offset))
      done += piece.length
    }
    if (done > 0) this.#reach(position + done)
    return done
  }

  truncate(bytes: number): void {
    for (const index of cutSectors(this.#live, bytes)) this.#note(index, this.#live.get(index) ?? ZEROS)
    this.#liveBytes = bytes
    this.#unsyncedBytes.push(bytes)
  }

  sync(): void {
    for (const [index, states] of this.#unsynced) put(this.#safe, index, states[states.length - 1])
    this.#safeBytes = this.#unsyncedBytes.at(-1) ?? this.#safeBytes
    this.#settle()
  }

  /** `forgets`: reads see from now on what is on the medium, as when the system has thrown the pages away. */
  failSync(luck: Luck, forgets: boolean): void {
    const touched = [...this.#unsynced.keys()]
    this.#leave(luck)
    if (!forgets) return
    for (const index of touched) put(this.#live, index, this.#safe.get(index) ?? ZEROS)
  }

  /** The file as it may be found after a power cut. */
  afterPowerCut(luck: Luck): SimulatedInode {
    const found = this.afterKill()
    found.#leave(luck)
    found.#live = new Map(found.#safe)
    found.#liveBytes = found.#safeBytes
    return found
  }

  /** The file after the end of the process alone: the system still has all that was written, and syncs it later. */
  afterKill(): SimulatedInode {
    const found = new SimulatedInode()
    found.#live = new Map(this.#live)
    found.#liveBytes = this.#liveBytes
    found.#safe = new Map(this.#safe)
    found.#safeBytes = this.#safeBytes
    found.#unsynced = new Map([...this.#unsynced].map(([index, states]) => [index, [...states]]))
    found.#unsyncedBytes = [...this.#unsyncedBytes]
    return found
  }

  #leave(luck: Luck): void {
    for (const [index, states] of this.#unsynced) {
      const all = [this.#safe.get(index) ?? ZEROS, ...states]
      const found = luck.state(all.length)
      const torn = found > 0 && luck.tears()
      put(this.#safe, index, torn ? tornSector(all[found - 1], all[found], luck.random) : all[found])
    }
    const lengths = [this.#safeBytes, ...this.#unsyncedBytes]
    this.#safeBytes = lengths[luck.state(lengths.length)]
    cutSectors(this.#safe, this.#safeBytes)
    this.#settle()
  }

  #settle(): void {
    this.#unsynced = new Map()
    this.#unsyncedBytes = []
  }

  #set(index: number, sector: Sector): void {
    this.#live.set(index, sector)
    this.#note(index, sector)
  }

  #note(index: number, sector: Sector): void {
    const states = this.#unsynced.get(index)
    if (states === undefined) this.#unsynced.set(index, [sector])
    else states.push(sector)
  }

  /** A length that a failed sync lost is written anew by the next write behind it. */
  #reach(bytes: number): void {
    this.#liveBytes = Math.max(this.#liveBytes, bytes)
    if (bytes > (this.#unsyncedBytes.at(-1) ?? this.#safeBytes)) this.#unsyncedBytes.push(bytes)
  }
}

function put(sectors: Sectors, index: number, sector: Sector): void {
  if (sector === ZEROS) sectors.delete(index)
  else sectors.set(index, sector)
}
