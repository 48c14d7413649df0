/**
 * Names of a simulated disk: what processes see (live), what is on the medium (safe), and the changes since each folder's
 * last sync. A power cut keeps any of these changes, each wholly or not at all, and those of one file in their order. Folders are safe once made, as
 * `Disk.makeFolder` promises.
 */
import { dirname, resolve } from 'node:path/posix'
import type { Luck } from './luck.ts'
import type { SimulatedInode } from './simulated-inode.ts'

type Names = Map<string, SimulatedInode>

interface NameChange {
  /** What gets the name; undefined: the name goes. */
  readonly to: string | undefined
  /** What loses the name. */
  readonly from: string | undefined
  readonly inode: SimulatedInode
}

export class SimulatedNames {
  #live: Names = new Map()
  #safe: Names = new Map()
  #unsynced: NameChange[] = []
  #folders = new Set(['/'])

  find(path: string): SimulatedInode | undefined {
    return this.#live.get(resolve(path))
  }

  hasFolder(path: string): boolean {
    return this.#folders.has(resolve(path))
  }

  hasFolderAround(path: string): boolean {
    return this.hasFolder(dirname(resolve(path)))
  }

  add(path: string, inode: SimulatedInode): void {
    this.#change({ to: resolve(path), from: undefined, inode })
  }

  remove(path: string, inode: SimulatedInode): void {
    this.#change({ to: undefined, from: resolve(path), inode })
  }

  rename(from: string, to: string, inode: SimulatedInode): void {
    this.#change({ to: resolve(to), from: resolve(from), inode })
  }

  /** Also what is around it. */
  addFolder(path: string): void {
    for (let folder = resolve(path); !this.#folders.has(folder); folder = dirname(folder)) {
      this.#folders.add(folder)
    }
  }

  list(folder: string): string[] {
    const inside = resolve(folder) === '/' ? '/' : `${resolve(folder)}/`
    const below = [...this.#live.keys(), ...this.#folders].filter((path) => path.startsWith(inside))
    const names = below.map((path) => path.slice(inside.length)).filter((name) => !name.includes('/'))
    return names.filter((name) => name !== '').sort()
  }

  inodes(): Set<SimulatedInode> {
    return new Set(this.#live.values())
  }

  /** Makes the changes of one folder safe; a move between two folders counts for the one it went to. */
  syncFolder(path: string): void {
    const folder = resolve(path)
    const here = this.#unsynced.filter((change) => dirname((change.to ?? change.from)!) === folder)
    for (const change of here) applyChange(this.#safe, change)
    this.#unsynced = this.#unsynced.filter(
      (change) => !here.includes(change) && !here.some((done) => isUndone(change, done)),
    )
  }

  /** `found` gives each file as the cut left it. */
  afterPowerCut(luck: Luck, found: (inode: SimulatedInode) => SimulatedInode): SimulatedNames {
    const names = new SimulatedNames()
    names.#safe = new Map(this.#safe)
    for (const change of this.#kept(luck)) applyChange(names.#safe, change)
    names.#safe = withInodes(names.#safe, found)
    names.#live = new Map(names.#safe)
    names.#folders = new Set(this.#folders)
    return names
  }

  afterKill(found: (inode: SimulatedInode) => SimulatedInode): SimulatedNames {
    const names = new SimulatedNames()
    names.#safe = withInodes(this.#safe, found)
    names.#live = withInodes(this.#live, found)
    names.#unsynced = this.#unsynced.map((change) => ({ ...change, inode: found(change.inode) }))
    names.#folders = new Set(this.#folders)
    return names
  }

  /** Each file's changes up to some point: one that has moved twice is never found under both names. */
  #kept(luck: Luck): NameChange[] {
    const ended = new Set<SimulatedInode>()
    return this.#unsynced.filter(({ inode }) => {
      if (!ended.has(inode) && !luck.keeps()) ended.add(inode)
      return !ended.has(inode)
    })
  }

  #change(change: NameChange): void {
    applyChange(this.#live, change)
    this.#unsynced.push(change)
  }
}

function applyChange(names: Names, { from, to, inode }: NameChange): void {
  if (from !== undefined && names.get(from) === inode) names.delete(from)
  if (to !== undefined) names.set(to, inode)
}

/** A name that was given, then taken by a rename that is safe now, must not come back by a later sync. */
function isUndone(earlier: NameChange, done: NameChange): boolean {
  return done.from !== undefined && earlier.to === done.from && earlier.inode === done.inode
}

function withInodes(names: Names, found: (inode: SimulatedInode) => SimulatedInode): Names {
  return new Map([...names].map(([path, inode]) => [path, found(inode)]))
}
