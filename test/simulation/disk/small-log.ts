/** The smallest log that keeps its promise: what the explorer itself is tested with. */
import type { Disk, DiskFile } from '../../../src/core/disk.ts'
import { BrokenPromise } from '../../../src/simulation/disk/crash-scenario.ts'
import type { CrashScenario, Life } from '../../../src/simulation/disk/crash-scenario.ts'

const FOLDER = '/data'
const LOG = '/data/log'
const HEAD_BYTES = 8

/** Records: u32 length, u32 sum, payload. */
export class SmallLog {
  readonly records: number[][] = []
  readonly #file: DiskFile
  #end = 0

  constructor(disk: Disk) {
    disk.makeFolder(FOLDER)
    this.#file = disk.open(LOG, disk.exists(LOG) ? 'write' : 'create')
    disk.syncFolder(FOLDER)
    this.#recover()
  }

  append(payload: Uint8Array): void {
    const head = new Uint8Array(HEAD_BYTES)
    new DataView(head.buffer).setUint32(0, payload.length)
    new DataView(head.buffer).setUint32(4, sum(payload))
    this.#file.write([head, payload], this.#end)
    this.#end += HEAD_BYTES + payload.length
  }

  commit(): void {
    this.#file.sync()
  }

  #recover(): void {
    const bytes = new Uint8Array(this.#file.bytes())
    this.#file.read(bytes, 0)
    const view = new DataView(bytes.buffer)
    while (this.#end + HEAD_BYTES <= bytes.length) {
      const length = view.getUint32(this.#end)
      const payload = bytes.subarray(this.#end + HEAD_BYTES, this.#end + HEAD_BYTES + length)
      if (payload.length < length || length === 0 || sum(payload) !== view.getUint32(this.#end + 4)) break
      this.records.push([...payload])
      this.#end += HEAD_BYTES + length
    }
    if (this.#end < bytes.length) this.#file.truncate(this.#end)
    this.#file.sync()
  }
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5)
}

export interface LogAccount {
  /** In order of being appended, over all lives. */
  tried: number[][]
  /** So many of them, from the first, were said to be safe. */
  safe: number
}

/** `acknowledges`: when a record counts as promised. */
export function smallLogScenario(acknowledges: 'after commit' | 'before commit'): CrashScenario<LogAccount> {
  return {
    name: `small log, told ${acknowledges}`,
    account: () => ({ tried: [], safe: 0 }),
    live(life) {
      const log = new SmallLog(life.disk)
      compare(log.records, life.account)
      if (life.working) work(log, life, acknowledges === 'before commit')
    },
  }
}

function compare(found: number[][], account: LogAccount): void {
  if (found.length < account.safe)
    throw new BrokenPromise(`${account.safe} records were safe, ${found.length} are there`)
  if (JSON.stringify(found) !== JSON.stringify(account.tried.slice(0, found.length)))
    throw new BrokenPromise('other records than were appended')
  account.tried.length = found.length
  account.safe = found.length
}

function work(log: SmallLog, { account, random }: Life<LogAccount>, early: boolean): void {
  for (let i = 0; i < 12; i++) {
    const payload = Array.from({ length: 1 + Math.floor(random() * 300) }, () => Math.floor(random() * 256))
    account.tried.push(payload)
    log.append(Uint8Array.from(payload))
    if (early) account.safe = account.tried.length
    if (random() > 0.4) continue
    log.commit()
    account.safe = account.tried.length
  }
}
