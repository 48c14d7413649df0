/**
 * Checkpoints under crashes and failing disks. Their promise: the newest one whose `publish` has returned, or a newer one
 * that is whole, is found and is what was captured; and what was found never needs records of the journal that were said
 * to be unneeded.
 */
import { MillraceError } from '../../../src/core/errors.ts'
import type { Random } from '../../../src/core/random.ts'
import { crc32c } from '../../../src/kernels/reference/crc32c.ts'
import { SHARD_COUNT } from '../../../src/memory/layout/series.layout.ts'
import { planMemory } from '../../../src/memory/memory-plan.ts'
import { BrokenPromise } from '../../../src/simulation/disk/crash-scenario.ts'
import type { CrashScenario, Life } from '../../../src/simulation/disk/crash-scenario.ts'
import { CheckpointReader } from '../../../src/storage/checkpoint/checkpoint-reader.ts'
import { CheckpointWriter } from '../../../src/storage/checkpoint/checkpoint-writer.ts'
import type { Manifest } from '../../../src/storage/checkpoint/manifest.ts'
import { plainRoom } from '../../../src/storage/journal/checksum.ts'
import { SMALL_NEEDS } from '../../kernels/kernel-rig.ts'
import { InventedShards, signatureOf } from './invented-shards.ts'

const DATA_DIR = '/data'
const PLAN = planMemory({
  ...SMALL_NEEDS,
  limitsDeviceRate: false,
  shardStateBytes: 16,
  capturesShards: true,
})
/** Writes of so many shards come one behind the other in a checkpoint. */
const CHECKPOINTS = 4

export interface CheckpointAccount {
  run: number
  nextVersion: number
  nextRecord: number
  /** What each number that was to be published stands for; a number may be used again. */
  readonly sealed: Record<number, string[]>
  /** The newest whose publication returned. */
  published: number
  /** Records before it are gone. */
  retired: number
}

export interface CheckpointWork {
  readonly faults: boolean
  /** A planted bug: takes a checkpoint for published when it is sealed. */
  readonly tellsEarly?: boolean
}

export function checkpointScenario(name: string, work: CheckpointWork): CrashScenario<CheckpointAccount> {
  return {
    name,
    account: () => ({ run: 0, nextVersion: 1, nextRecord: 1, sealed: {}, published: 0, retired: 0 }),
    live(life) {
      new CheckpointLife(life, work).live()
    },
  }
}

class CheckpointLife {
  readonly #life: Life<CheckpointAccount>
  readonly #account: CheckpointAccount
  readonly #random: Random
  readonly #work: CheckpointWork
  readonly #shards: InventedShards
  /** Of the last checkpoint that was published. */
  #registry: Uint8Array = new Uint8Array(0)

  constructor(life: Life<CheckpointAccount>, work: CheckpointWork) {
    this.#life = life
    this.#account = life.account
    this.#random = life.random
    this.#work = work
    this.#shards = new InventedShards(
      life.random,
      PLAN.needs.shardStateBytes,
      () => life.account.nextVersion++,
    )
  }

  live(): void {
    const { disk, clock, working } = this.#life
    const damaged = this.#recover()
    if (!working) return
    const run = ++this.#account.run
    const capture = this.#shards.asCapture()
    const writer = new CheckpointWriter({
      ...{ capture, plan: PLAN, disk, dataDir: DATA_DIR, checksum: crc32c, clock, run, damaged },
      rest: () => undefined,
    })
    for (let i = 0; i < CHECKPOINTS; i++) this.#tryCheckpoint(writer)
    this.#life.simulated.faults.clear()
    this.#checkpoint(writer)
    this.#recover()
  }

  /** Finds what a start finds, compares it, and returns the numbers of what is damaged. */
  #recover(): number[] {
    const { disk } = this.#life
    const reader = new CheckpointReader(disk, DATA_DIR, plainRoom())
    const { manifests, damage } = reader.list()
    if (damage.length > 0) throw new BrokenPromise(`damage: ${JSON.stringify(damage)}`)
    const damaged: number[] = []
    for (const manifest of manifests) {
      const problem = reader.verify(manifest)
      if (problem === undefined) {
        this.#compare(reader, manifest)
        return damaged
      }
      damaged.push(manifest.number)
    }
    const { published, retired } = this.#account
    if (published > 0)
      throw new BrokenPromise(
        `checkpoint ${published} is gone: ${JSON.stringify(disk.list('/data/checkpoint'))}`,
      )
    if (retired > 0) throw new BrokenPromise(`no checkpoint, and the journal before ${retired} is gone`)
    return damaged
  }

  #compare(reader: CheckpointReader, manifest: Manifest): void {
    const { sealed, published, retired } = this.#account
    const { number, replayFrom } = manifest
    if (number < published) throw new BrokenPromise(`checkpoint ${number} instead of ${published}`)
    if (replayFrom < retired)
      throw new BrokenPromise(`checkpoint ${number} needs record ${replayFrom} of those before ${retired}`)
    const data = reader.open(manifest)
    const signature = signatureOf(data)
    data.close()
    if (!sealed[number]?.includes(signature))
      throw new BrokenPromise(`checkpoint ${number} is not what was captured`)
  }

  #tryCheckpoint(writer: CheckpointWriter): void {
    if (this.#work.faults && this.#random() < 0.5) this.#spoil()
    this.#life.clock.advance(1000)
    try {
      this.#checkpoint(writer)
    } catch (error) {
      if (!this.#work.faults || !(error instanceof MillraceError) || error.code !== 'storage-failed')
        throw error
      writer.abandon()
    }
  }

  #checkpoint(writer: CheckpointWriter): void {
    const account = this.#account
    this.#shards.change()
    account.nextRecord += this.#below(10)
    writer.begin(account.nextRecord)
    for (let left = this.#shards.order(); left.length > 0;)
      left = left.filter((shard) => writer.captureShard(shard) === 'busy')
    const registry = this.#shards.extra()
    const isSame = writer.reusable.includes('registry') && Buffer.compare(registry, this.#registry) === 0
    const { number } = isSame ? writer.seal({}, ['registry']) : writer.seal({ registry })
    ;(account.sealed[number] ??= []).push(this.#shards.signature())
    if (this.#work.tellsEarly) account.published = number
    writer.publish()
    this.#registry = registry
    account.published = number
    account.retired = Math.max(account.retired, writer.retireBefore ?? 0)
  }

  #spoil(): void {
    const { faults } = this.#life.simulated
    const plan = { code: this.#random() < 0.5 ? 'EIO' : 'ENOSPC', times: 1 + this.#below(2) }
    const kinds = [
      () => faults.fail('write', { ...plan, spared: this.#below(SHARD_COUNT) }),
      () => faults.fail('fdatasync', { ...plan, spared: this.#below(3) }),
      () => faults.fail('fsync', { ...plan, spared: this.#below(3) }),
      () => faults.fail('open', plan),
      () => faults.fail('rename', plan),
      () => faults.fail('unlink', { ...plan, spared: this.#below(2) }),
      () => (faults.readOnly = true),
      () => (faults.capacityBytes = this.#below(200_000)),
      () => faults.clear(),
      () => faults.clear(),
    ]
    kinds[this.#below(kinds.length)]()
    faults.forgetsAfterFailedSync = this.#random() < 0.5
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}
