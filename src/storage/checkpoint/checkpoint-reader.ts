import type { Disk, DiskFile } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'
import type { ReadRoom } from '../journal/checksum.ts'
import { type CheckpointDamage, CheckpointFolder } from './checkpoint-folder.ts'
import { filesOf, type Manifest, type ManifestPart } from './manifest.ts'
import { parseSection, type ShardSection } from './shard-section.ts'

/** Reads checkpoints and changes nothing: also beside an engine that works in the directory. */
export class CheckpointReader {
  readonly #disk: Disk
  readonly #folder: CheckpointFolder
  readonly #room: ReadRoom

  /** `room`: what is read lies there, for its sum to be taken. */
  constructor(disk: Disk, dataDir: string, room: ReadRoom) {
    this.#disk = disk
    this.#folder = new CheckpointFolder(disk, dataDir, room.checksum)
    this.#room = room
  }

  /** What the manifests say, newest first; whether the data is as it should be is seen when it is read. */
  list(): { manifests: Manifest[]; damage: CheckpointDamage[] } {
    return this.#folder.manifests()
  }

  /** The checkpoint's data, to be closed. Throws storage-damaged, with the file and the problem in its context. */
  open(manifest: Manifest): CheckpointData {
    return new CheckpointData(this.#folder, this.#room, manifest)
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
  readonly #room: ReadRoom
  readonly #files = new Map<number, DiskFile>()

  constructor(folder: CheckpointFolder, room: ReadRoom, manifest: Manifest) {
    this.manifest = manifest
    this.#folder = folder
    this.#room = room
    for (const number of filesOf(manifest)) this.#open(number)
  }

  /** A shard's sections, oldest first; valid until the next call of this or of `extras`. */
  shard(shard: number): ShardSection[] {
    const { parts } = this.manifest.shards[shard]
    const places = placesOf(parts)
    const room = this.#room.take(places[parts.length])
    return parts.map((part, index) => {
      const bytes = this.#read(part, room.subarray(places[index], places[index] + part.bytes))
      const section = parseSection(bytes, shard, this.#room.checksum)
      if (typeof section === 'string') throw this.#damaged(part, `shard ${shard}: ${section}`)
      return section
    })
  }

  extras(): Map<string, Uint8Array> {
    return new Map(
      this.manifest.extras.map((extra) => {
        const bytes = this.#read(extra, this.#room.take(extra.bytes))
        if (this.#room.checksum(bytes, 0) !== extra.crc) throw this.#damaged(extra, `${extra.name}: bad sum`)
        return [extra.name, bytes.slice()] as const
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

  #read(part: ManifestPart, target: Uint8Array): Uint8Array {
    const file = this.#files.get(part.file)
    if (file === undefined || file.read(target, part.at) !== part.bytes)
      throw this.#damaged(part, `ends before ${part.at + part.bytes}`)
    return target
  }

  #damaged(part: ManifestPart, problem: string): MillraceError {
    return damaged(this.#folder.dataPath(part.file), `at ${part.at}: ${problem}`)
  }
}

/** Where each part is put, and where all of them end: at multiples of 8, so that their words are aligned. */
function placesOf(parts: readonly ManifestPart[]): number[] {
  const places = [0]
  for (const { bytes } of parts) places.push(places[places.length - 1] + bytes + (-bytes & 7))
  return places
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
