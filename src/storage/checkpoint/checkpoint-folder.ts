import { join } from 'node:path'
import type { Disk, DiskFile } from '../../core/disk.ts'
import type { Checksum } from '../journal/checksum.ts'
import { filesOf, type Manifest, manifestText, parseManifest } from './manifest.ts'

/** Something in the folder that is not what was written there. */
export interface CheckpointDamage {
  readonly file: string
  readonly problem: string
}

const NAME = /^checkpoint-(\d+)\.(data|manifest|manifest\.new)$/

/** The files of a data directory's checkpoints, by their names. */
export class CheckpointFolder {
  readonly path: string
  readonly #disk: Disk
  readonly #checksum: Checksum

  constructor(disk: Disk, dataDir: string, checksum: Checksum) {
    this.path = join(dataDir, 'checkpoint')
    this.#disk = disk
    this.#checksum = checksum
  }

  make(): void {
    if (!this.#disk.exists(this.path)) this.#disk.makeFolder(this.path)
  }

  /** What can still be written on the medium. */
  freeBytes(): number {
    return this.#disk.freeBytes(this.path)
  }

  /** Manifests that are whole, newest first, and what is wrong with the others. */
  manifests(): { manifests: Manifest[]; damage: CheckpointDamage[] } {
    const manifests: Manifest[] = []
    const damage: CheckpointDamage[] = []
    for (const { number, kind } of this.#entries().reverse()) {
      if (kind !== 'manifest') continue
      const bytes = this.#readWhole(this.manifestPath(number))
      if (bytes === undefined) continue
      const manifest = parseManifest(bytes, this.#checksum)
      if (typeof manifest === 'string') damage.push({ file: this.manifestPath(number), problem: manifest })
      else manifests.push(manifest)
    }
    return { manifests, damage }
  }

  /** Of the next checkpoint: above all that there ever were files of. */
  nextNumber(): number {
    return Math.max(0, ...this.#entries().map(({ number }) => number)) + 1
  }

  createData(number: number): DiskFile {
    return this.#disk.open(this.dataPath(number), 'create')
  }

  openData(number: number): DiskFile {
    return this.#disk.open(this.dataPath(number), 'read')
  }

  syncNames(): void {
    this.#disk.syncFolder(this.path)
  }

  /** From when this returns the checkpoint is the newest one. */
  publish(manifest: Manifest): void {
    const path = this.manifestPath(manifest.number)
    const file = this.#disk.open(`${path}.new`, 'create')
    try {
      file.write([manifestText(manifest, this.#checksum)], 0)
      file.sync()
    } finally {
      file.close()
    }
    this.#disk.rename(`${path}.new`, path)
    this.syncNames()
  }

  /** Removes what a checkpoint that came to nothing has left. */
  discard(number: number): void {
    this.#remove(this.#entries().filter((entry) => entry.number === number))
    this.syncNames()
  }

  /** Removes everything that none of these checkpoints needs. */
  keepOnly(kept: readonly Manifest[]): void {
    const manifests = new Set(kept.map(({ number }) => number))
    const files = new Set(kept.flatMap((manifest) => [...filesOf(manifest)]))
    const old = this.#entries().filter(({ number, kind }) =>
      kind === 'data' ? !files.has(number) : kind !== 'manifest' || !manifests.has(number),
    )
    if (old.length > 0) this.#remove(old)
  }

  /** Manifests first, and for sure: none is ever without its data. */
  #remove(entries: readonly { name: string; kind: string }[]): void {
    const remove = ({ name }: { name: string }): void => this.#disk.remove(join(this.path, name))
    entries.filter(({ kind }) => kind !== 'data').forEach(remove)
    this.syncNames()
    entries.filter(({ kind }) => kind === 'data').forEach(remove)
  }

  dataPath(number: number): string {
    return join(this.path, `checkpoint-${digits(number)}.data`)
  }

  manifestPath(number: number): string {
    return join(this.path, `checkpoint-${digits(number)}.manifest`)
  }

  /** By name, and so by number; a checkpoint's data before its manifest. */
  #entries(): { name: string; number: number; kind: string }[] {
    if (!this.#disk.exists(this.path)) return []
    return this.#disk.list(this.path).flatMap((name) => {
      const match = NAME.exec(name)
      return match === null ? [] : [{ name, number: Number(match[1]), kind: match[2] }]
    })
  }

  /** Undefined when it has gone meanwhile: in a live directory old ones are removed. */
  #readWhole(path: string): Uint8Array | undefined {
    if (!this.#disk.exists(path)) return undefined
    const file = this.#disk.open(path, 'read')
    try {
      const bytes = new Uint8Array(file.bytes())
      return bytes.subarray(0, file.read(bytes, 0))
    } finally {
      file.close()
    }
  }
}

/** Wide enough that names sort as numbers do. */
const digits = (number: number): string => String(number).padStart(10, '0')
