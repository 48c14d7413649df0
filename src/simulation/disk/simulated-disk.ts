/**
 * A disk in memory that behaves as badly as disks may. What is written is safe only after a sync, names only after the
 * sync of their folder; every change is a crash point; `afterPowerCut` gives the disk that may be found after the lights
 * went out, another one each time. Everything by the seed: the same calls give the same disk.
 */
import { assert } from '../../core/errors.ts'
import type { Disk, OpenMode } from '../../core/disk.ts'
import type { Random } from '../../core/random.ts'
import { diskFailure } from '../../storage/disk/disk-failure.ts'
import { CrashPoints } from './crash-points.ts'
import { DiskFaults } from './disk-faults.ts'
import type { DiskCall } from './disk-faults.ts'
import { Luck } from './luck.ts'
import { SECTOR_BYTES } from './sectors.ts'
import { SimulatedFile } from './simulated-file.ts'
import type { DiskChange, SimulatedMedium } from './simulated-file.ts'
import { SimulatedInode } from './simulated-inode.ts'
import { SimulatedNames } from './simulated-names.ts'

export interface PowerCut {
  readonly random: Random
  /** Share of unsynced sectors that tear inside; 0 on media that write sectors whole. */
  readonly torn: number
}

const UNLIMITED_BYTES = 2 ** 50

export class SimulatedDisk implements Disk {
  readonly points = new CrashPoints()
  readonly faults = new DiskFaults()
  readonly #elapse: (ms: number) => void
  readonly #names: SimulatedNames
  /** Files ever opened here: they take room while open, with or without a name. */
  readonly #inodes: Set<SimulatedInode>
  readonly #medium: SimulatedMedium

  /** `elapse` is told the time that slow syncs take. */
  constructor(
    random: Random,
    elapse: (ms: number) => void = () => undefined,
    names: SimulatedNames = new SimulatedNames(),
  ) {
    this.#elapse = elapse
    this.#names = names
    this.#inodes = names.inodes()
    this.#medium = {
      observe: (call, path) => this.#observe(call, path),
      change: (call, path, change) => this.#change(call, path, change),
      roomBytes: () => this.#roomBytes(),
      someOf: (bytes) => Math.floor(random() * bytes),
      failSync: (inode) => inode.failSync(new Luck(random), this.faults.forgetsAfterFailedSync),
      waitForSync: () => elapse(this.faults.syncMs),
    }
  }

  open(path: string, mode: OpenMode): SimulatedFile {
    const there = this.#names.find(path)
    if (mode === 'create') return new SimulatedFile(path, this.#create(path), mode, this.#medium)
    this.#observe('open', path)
    if (there === undefined)
      throw diskFailure(this.#names.hasFolder(path) ? 'EISDIR' : 'ENOENT', 'open', path)
    if (mode === 'write' && this.faults.readOnly) throw diskFailure('EROFS', 'open', path)
    return new SimulatedFile(path, there, mode, this.#medium)
  }

  exists(path: string): boolean {
    this.points.check()
    return this.#names.find(path) !== undefined || this.#names.hasFolder(path)
  }

  rename(from: string, to: string): void {
    assert(!this.#names.hasFolder(from), 'the simulated disk renames files only')
    const inode = this.#named(from, 'rename')
    if (!this.#names.hasFolderAround(to)) throw diskFailure('ENOENT', 'rename', from)
    if (this.#names.hasFolder(to)) throw diskFailure('EISDIR', 'rename', from)
    this.#change('rename', from, { effect: () => this.#names.rename(from, to, inode) })
  }

  remove(path: string): void {
    const inode = this.#named(path, 'unlink')
    this.#change('unlink', path, { effect: () => this.#names.remove(path, inode) })
  }

  list(folder: string): string[] {
    this.points.check()
    this.#mustBeFolder(folder, 'readdir')
    return this.#names.list(folder)
  }

  makeFolder(path: string): void {
    this.points.check()
    if (this.#names.find(path) !== undefined) throw diskFailure('EEXIST', 'mkdir', path)
    if (this.#names.hasFolder(path)) return
    this.#change('mkdir', path, { effect: () => this.#names.addFolder(path) })
  }

  syncFolder(path: string): void {
    this.#mustBeFolder(path, 'fsync')
    this.#elapse(this.faults.syncMs)
    this.#change('fsync', path, { effect: () => this.#names.syncFolder(path) })
  }

  freeBytes(path: string): number {
    this.points.check()
    if (!this.exists(path)) throw diskFailure('ENOENT', 'statfs', path)
    return Math.min(this.#roomBytes(), UNLIMITED_BYTES)
  }

  /** One of the disks that may be found after the power went now. This one stays as it is. */
  afterPowerCut({ random, torn }: PowerCut): SimulatedDisk {
    const luck = new Luck(random, torn)
    const found = once((inode) => inode.afterPowerCut(luck))
    return this.#successor(this.#names.afterPowerCut(luck, found), random)
  }

  /** The disk that the next process finds when only this process was killed. */
  afterKill(random: Random): SimulatedDisk {
    const found = once((inode) => inode.afterKill())
    return this.#successor(this.#names.afterKill(found), random)
  }

  #successor(names: SimulatedNames, random: Random): SimulatedDisk {
    const disk = new SimulatedDisk(random, this.#elapse, names)
    disk.faults.capacityBytes = this.faults.capacityBytes
    return disk
  }

  #create(path: string): SimulatedInode {
    this.points.check()
    if (!this.#names.hasFolderAround(path)) throw diskFailure('ENOENT', 'open', path)
    if (this.exists(path)) throw diskFailure('EEXIST', 'open', path)
    if (this.#roomBytes() < SECTOR_BYTES) throw diskFailure('ENOSPC', 'open', path)
    const inode = new SimulatedInode()
    this.#change('open', path, { effect: () => this.#names.add(path, inode) })
    this.#inodes.add(inode)
    return inode
  }

  #named(path: string, call: string): SimulatedInode {
    this.points.check()
    const inode = this.#names.find(path)
    if (inode === undefined) throw diskFailure(this.#names.hasFolder(path) ? 'EISDIR' : 'ENOENT', call, path)
    return inode
  }

  #mustBeFolder(path: string, call: string): void {
    this.points.check()
    if (this.#names.hasFolder(path)) return
    throw diskFailure(this.#names.find(path) === undefined ? 'ENOENT' : 'ENOTDIR', call, path)
  }

  #roomBytes(): number {
    if (this.faults.capacityBytes === Infinity) return Infinity
    const named = this.#names.inodes()
    let used = 0
    for (const inode of this.#inodes) {
      if (inode.opened > 0 || named.has(inode)) used += inode.roomBytes
      else this.#inodes.delete(inode)
    }
    return Math.max(0, this.faults.capacityBytes - used)
  }

  #observe(call: DiskCall, path: string): void {
    this.points.check()
    const code = this.faults.codeFor(call)
    if (code !== undefined) throw diskFailure(code, call, path)
  }

  #change(call: DiskCall, path: string, { effect, crash, failure }: DiskChange): void {
    const whole = () => {
      const code = this.faults.codeFor(call) ?? (this.faults.readOnly ? 'EROFS' : undefined)
      if (code === undefined) return effect()
      failure?.()
      throw diskFailure(code, call, path)
    }
    this.points.pass(whole, () => crash?.())
  }
}

/** The same answer for the same file, so that two names of it stay one file. */
function once(found: (inode: SimulatedInode) => SimulatedInode): (inode: SimulatedInode) => SimulatedInode {
  const answers = new Map<SimulatedInode, SimulatedInode>()
  return (inode) => {
    const answer = answers.get(inode) ?? found(inode)
    answers.set(inode, answer)
    return answer
  }
}
