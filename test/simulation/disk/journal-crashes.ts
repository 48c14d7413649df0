/**
 * The journal under crashes and failing disks. Its promise: what a commit has returned for is read back, in order, once;
 * of what came after, a prefix; nothing else ever; and when the disk is well again, work goes on by itself.
 */
import { MillraceError } from '../../../src/core/errors.ts'
import type { Random } from '../../../src/core/random.ts'
import { crc32c } from '../../../src/kernels/reference/crc32c.ts'
import { BrokenPromise } from '../../../src/simulation/disk/crash-scenario.ts'
import type { CrashScenario, Life } from '../../../src/simulation/disk/crash-scenario.ts'
import { plainRoom } from '../../../src/storage/journal/checksum.ts'
import { describeFinding } from '../../../src/storage/journal/findings.ts'
import type { Finding } from '../../../src/storage/journal/findings.ts'
import { JournalReader } from '../../../src/storage/journal/journal-reader.ts'
import { Journal } from '../../../src/storage/journal/journal.ts'

const FOLDER = '/data/journal'
const ROOM = plainRoom()
const RINGS = 3
const OPTIONS = { segmentBytes: 8192, retainBytes: 8192 }

/** A record as it was appended. */
interface Tried {
  readonly run: number
  readonly ring: number
  readonly position: number
  /** Everything in the payload follows from it, and no two have the same. */
  readonly id: number
  readonly bytes: number
}

export interface JournalAccount {
  run: number
  nextId: number
  /** In order, over all lives, from the first that may still be there; `first` = how many came before it. */
  tried: Tried[]
  first: number
  /** Of all that were ever tried, so many are safe. */
  safe: number
  /** What lies before it may have been let go of. */
  needed: number
}

export interface JournalWork {
  /** Makes the disk fail now and then. */
  readonly faults: boolean
  /** A planted bug: tells of safety when `append` returns. */
  readonly tellsEarly?: boolean
}

export function journalScenario(name: string, work: JournalWork): CrashScenario<JournalAccount> {
  return {
    name,
    account: () => ({ run: 0, nextId: 1, tried: [], first: 0, safe: 0, needed: 0 }),
    live(life) {
      new JournalLife(life, work).live()
    },
  }
}

class JournalLife {
  readonly #life: Life<JournalAccount>
  readonly #account: JournalAccount
  readonly #random: Random
  readonly #work: JournalWork
  readonly #positions = new Array<number>(RINGS).fill(0)

  constructor(life: Life<JournalAccount>, work: JournalWork) {
    this.#life = life
    this.#account = life.account
    this.#random = life.random
    this.#work = work
  }

  live(): void {
    const journal = this.#open()
    this.#compare(this.#readWell())
    if (this.#life.working) this.#append(journal)
    journal.close()
    if (this.#life.working && !this.#life.simulated.points.crashed) this.#compareLive()
  }

  /** A start on a disk that is full or failing may fail; once it is well it must not. */
  #open(): Journal {
    const { faults } = this.#life.simulated
    if (this.#work.faults && this.#random() < 0.3) this.#spoil()
    try {
      return this.#openOnce()
    } catch (error) {
      if (!this.#work.faults || !isStorageFailure(error)) throw error
      faults.clear()
      return this.#openOnce()
    }
  }

  #openOnce(): Journal {
    const run = ++this.#account.run
    const { disk, clock } = this.#life
    return Journal.open({
      disk,
      clock,
      checksum: crc32c,
      room: ROOM,
      folder: FOLDER,
      run,
      options: OPTIONS,
    })
  }

  #append(journal: Journal): void {
    const steps = 5 + this.#below(20)
    for (let step = 0; step < steps; step++) {
      if (this.#work.faults && this.#random() < 0.15) this.#spoil()
      for (let count = this.#below(4); count > 0; count--) this.#appendOne(journal)
      if (this.#random() < 0.7) this.#commit(journal)
      if (this.#random() < 0.5) this.#tolerate(() => journal.maintain(1 + this.#below(4096)))
      if (this.#random() < 0.15) this.#retire(journal)
      this.#life.clock.advance(this.#below(10))
    }
    this.#heal()
    this.#commitWell(journal)
  }

  #appendOne(journal: Journal): void {
    const id = this.#account.nextId++
    const ring = this.#below(RINGS)
    const bytes = 32 * (1 + this.#below(this.#random() < 0.05 ? 400 : 40))
    const tried = { run: this.#account.run, ring, position: this.#positions[ring], id, bytes }
    this.#positions[ring] += bytes
    this.#account.tried.push(tried)
    const sequence = journal.append(ring, tried.position, 5, payloadOf(tried))
    if (sequence !== this.#tried) throw new BrokenPromise(`record ${this.#tried} got the number ${sequence}`)
    if (this.#work.tellsEarly) this.#account.safe = this.#tried
  }

  #commit(journal: Journal): boolean {
    const well = this.#tolerate(() => journal.commit())
    this.#noteSafe(journal)
    if (well && journal.durableSequence !== this.#tried)
      throw new BrokenPromise('a commit has left something out')
    return well
  }

  #noteSafe(journal: Journal): void {
    if (journal.durableSequence > this.#tried) throw new BrokenPromise('more is safe than was appended')
    this.#account.safe = Math.max(this.#account.safe, journal.durableSequence)
  }

  /** The disk is well: what failed before must succeed by itself now. */
  #commitWell(journal: Journal): void {
    if (!this.#commit(journal)) throw new BrokenPromise('a commit failed on a disk that is well')
  }

  /** What a checkpoint of everything up to some record that is safe makes unneeded. */
  #retire(journal: Journal): void {
    const needed = this.#account.needed + this.#below(this.#account.safe - this.#account.needed + 1)
    this.#account.needed = needed
    this.#tolerate(() => journal.retire(needed + 1))
  }

  #spoil(): void {
    const { simulated } = this.#life
    const { faults } = simulated
    const code = this.#random() < 0.5 ? 'EIO' : 'ENOSPC'
    const plan = { code, spared: this.#below(3), times: 1 + this.#below(3) }
    const kinds = [
      () => faults.fail('fdatasync', plan),
      () => faults.fail('fdatasync', plan),
      () => faults.fail('write', plan),
      () => faults.fail('read', plan),
      () => faults.fail('unlink', plan),
      () => faults.fail('open', plan),
      () => faults.fail('rename', plan),
      () => faults.fail('fsync', plan),
      () => (faults.readOnly = true),
      () => (faults.capacityBytes = this.#usedBytes() + this.#below(20_000)),
      () => this.#heal(),
      () => this.#heal(),
    ]
    kinds[this.#below(kinds.length)]()
    faults.forgetsAfterFailedSync = this.#random() < 0.5
    faults.syncMs = this.#below(50)
  }

  #usedBytes(): number {
    const { faults, points } = this.#life.simulated
    const { capacityBytes } = faults
    if (points.crashed) return 0
    faults.capacityBytes = 1e9
    const used = 1e9 - this.#life.simulated.freeBytes('/')
    faults.capacityBytes = capacityBytes
    return used
  }

  #heal(): void {
    const { faults } = this.#life.simulated
    faults.clear()
  }

  /** Runs what may fail as long as the disk is spoilt; true when it did not. */
  #tolerate(act: () => unknown): boolean {
    try {
      act()
      return true
    } catch (error) {
      if (this.#work.faults && isStorageFailure(error)) return false
      throw error
    }
  }

  get #tried(): number {
    return this.#account.first + this.#account.tried.length
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  /** Reading errors are the disk's, not the journal's: reads again when the disk is well. */
  #readWell(): Tried[] {
    const from = this.#account.needed + 1
    try {
      return readFrom(this.#life.disk, from)
    } catch (error) {
      if (!this.#work.faults || !isStorageFailure(error)) throw error
      this.#heal()
      return readFrom(this.#life.disk, from)
    }
  }

  /** What is found after a start is what there is from now on. */
  #compare(found: readonly Tried[]): void {
    const account = this.#account
    const begin = found.length === 0 ? this.#tried : account.tried.findIndex(({ id }) => id === found[0].id)
    const matches = found.every((record, i) => isSame(record, account.tried[begin + i]))
    if (!matches) throw new BrokenPromise(`not what was appended:\n${listing(found, account)}`)
    if (found.length === 0 && account.safe > account.needed)
      throw new BrokenPromise(`nothing is there\n${listing(found, account)}`)
    if (found.length > 0) this.#check(account.first + begin, found)
    const end = found.length === 0 ? account.safe : account.first + begin + found.length
    account.tried.length = end - account.first
    account.safe = end
  }

  #check(begin: number, found: readonly Tried[]): void {
    const account = this.#account
    if (begin > account.needed)
      throw new BrokenPromise(`let go of what is needed\n${listing(found, account)}`)
    if (begin + found.length < account.safe) throw new BrokenPromise(`lost\n${listing(found, account)}`)
  }

  /** After an orderly end on a disk that is well everything is there. */
  #compareLive(): void {
    const found = readFrom(this.#life.disk, this.#account.needed + 1)
    const last = found.at(-1)
    if (
      this.#account.tried.length > 0 &&
      last?.id !== this.#account.tried.at(-1)?.id &&
      this.#account.safe > this.#account.needed
    )
      throw new BrokenPromise(`not all there at the end\n${listing(found, this.#account)}`)
  }
}

/** What recovery reads. */
function readFrom(disk: Life<JournalAccount>['disk'], from: number): Tried[] {
  const findings: Finding[] = []
  const reader = new JournalReader({
    disk,
    folder: FOLDER,
    room: ROOM,
    onFinding: (one) => findings.push(one),
  })
  const found: Tried[] = []
  let last: number | undefined
  for (const { sequence, run, ring, position, payload } of reader.records(from)) {
    const id = new DataView(payload.buffer, payload.byteOffset).getFloat64(0)
    const record = { run, ring, position, id, bytes: payload.length }
    const isRight = Buffer.compare(payloadOf(record), payload) === 0
    found.push(record)
    if (!isRight) throw new BrokenPromise(`record ${sequence} is not what it was`)
    if (last !== undefined && sequence !== last + 1)
      throw new BrokenPromise(
        [
          `record ${sequence} after ${last}: ${ids(found)}`,
          ...findings.map(describeFinding),
          ...disk.list(FOLDER),
        ].join('\n'),
      )
    last = sequence
  }
  return found
}

function payloadOf({ id, bytes }: Pick<Tried, 'id' | 'bytes'>): Uint8Array {
  const payload = new Uint8Array(bytes)
  for (let i = 8; i < bytes; i++) payload[i] = (id * 31 + i) & 255
  new DataView(payload.buffer).setFloat64(0, id)
  return payload
}

function isSame(one: Tried, other: Tried | undefined): boolean {
  return other !== undefined && (Object.keys(one) as (keyof Tried)[]).every((key) => one[key] === other[key])
}

function isStorageFailure(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'storage-failed'
}

const ids = (records: readonly Tried[]): string => records.map(({ id }) => id).join(' ')

function listing(found: readonly Tried[], { tried, first, safe, needed }: JournalAccount): string {
  return `  found ${ids(found)}\n  tried ${ids(tried)}\n  first ${first}, safe ${safe}, needed ${needed}`
}
