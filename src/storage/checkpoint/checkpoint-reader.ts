import type { Disk, DiskFile } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import { type CheckpointDamage, CheckpointFolder } from './checkpoint-folder.ts'
import type { Checksum } from './checksum.ts'
import { filesOf, type Manifest, type ManifestPart } from './manifest.ts'
import { parseSection, type ShardSection } from './shard-section.ts'

/** Reads checkpoints and changes nothing: also beside an engine that works in the directory. */
export class CheckpointReader {
  readonly #disk: Disk
  readonly #folder: CheckpointFolder
  readonly #checksum: Checksum

  constructor(disk: Disk, dataDir: string, checksum: Checksum) {
    this.#disk = disk
    this.#folder = new CheckpointFolder(disk, dataDir, checksum)
    this.#checksum = checksum
  }

  /** What the manifests say, newest first; whether the data is as it should be is seen when it is read. */
  list(): { manifests: Manifest[]; damage: CheckpointDamage[] } {
    return this.#folder.manifests()
  }

  /** The checkpoint's data, to be closed. Throws storage-damaged, with the file and the problem in its context. */
  open(manifest: Manifest): CheckpointData {
    return new CheckpointData(this.#folder, this.#checksum, manifest)
  }

  /** Reads all of the checkpoint: undefined, or what is wrong with it. */
  verify(manifest: Manifest): CheckpointDamage | undefined {
    try {
      const data = this.open(manifest)
      try {
        manifest.shards.forEach((_, shard) => data.shard(shard))
        data.extras()
      } finally {
        data.close()
      }
      return undefined
    } catch (error) {
      return damageOf(error)
    }
  }

  /** A checkpoint that has meanwhile been replaced by newer ones is not damaged: it is gone. */
  isThere(manifest: Manifest): boolean {
    return this.#disk.exists(this.#folder.manifestPath(manifest.number))
  }
}

/** One checkpoint's sections and extras, with every sum looked at. */
export class CheckpointData {
  readonly manifest: Manifest
  readonly #folder: CheckpointFolder
  readonly #checksum: Checksum
  readonly #files = new Map<number, DiskFile>()

  constructor(folder: CheckpointFolder, checksum: Checksum, manifest: Manifest) {
    this.manifest = manifest
    this.#folder = folder
    this.#checksum = checksum
    for (const number of filesOf(manifest)) this.#open(number)
  }

  /** A shard's sections, oldest first. */
  shard(shard: number): ShardSection[] {
    return this.manifest.shards[shard].parts.map((part) => {
      const section = parseSection(this.#read(part), shard, this.#checksum)
      if (typeof section === 'string') throw this.#damaged(part, `shard ${shard}: ${section}`)
      return section
    })
  }

  extras(): Map<string, Uint8Array> {
    return new Map(
      this.manifest.extras.map((extra) => {
        const bytes = this.#read(extra)
        if (this.#checksum(bytes) !== extra.crc) throw this.#damaged(extra, `${extra.name}: bad sum`)
        return [extra.name, bytes] as const
      }),
    )
  }

  close(): void {
    for (const file of this.#files.values()) file.close()
    this.#files.clear()
  }

  #open(number: number): void {
    try {
      this.#files.set(number, this.#folder.openData(number))
    } catch (error) {
      this.close()
      if (error instanceof MillraceError && error.context.code === 'ENOENT')
        throw damaged(this.#folder.dataPath(number), 'missing')
      throw error
    }
  }

  #read(part: ManifestPart): Uint8Array {
    const file = this.#files.get(part.file)
    const bytes = new Uint8Array(part.bytes)
    if (file === undefined || file.read(bytes, part.at) !== part.bytes)
      throw this.#damaged(part, `ends before ${part.at + part.bytes}`)
    return bytes
  }

  #damaged(part: ManifestPart, problem: string): MillraceError {
    return damaged(this.#folder.dataPath(part.file), `at ${part.at}: ${problem}`)
  }
}

function damaged(file: string, problem: string): MillraceError {
  return new MillraceError('storage-damaged', `the checkpoint's file ${file} is damaged: ${problem}`, {
    file,
    problem,
  })
}

/** What a storage-damaged error says; everything else is thrown on. */
export function damageOf(error: unknown): CheckpointDamage {
  if (!(error instanceof MillraceError) || error.code !== 'storage-damaged') throw error
  return { file: String(error.context.file), problem: String(error.context.problem) }
}
