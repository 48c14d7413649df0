/** What a client knows of one device's readings, kept apart from the engine: what it sent, and what was acknowledged. */
import { deviceIdOf } from '../../src/core/ids.ts'
import { valueOf } from './fixtures/values.js'

export const START_MS = 1_700_000_000_000
export const STEP_MS = 1000
/** As many bits as the engine's own ledger has for a device. */
export const MAX_INDEX = 16_000

/** What its processing does: nothing out of the ordinary, throw, end the thread, or never come back. */
export type Poison = 0 | 1 | 2 | 3

/** A reading to be sent; it is told from others by its index, which its time says. */
export interface SentReading {
  readonly series: SeriesAccount
  readonly index: number
  readonly value: number
  readonly poison: Poison
}

export class SeriesAccount {
  readonly device: string
  readonly deviceId: number
  readonly metric: string
  readonly hasSpikes: boolean
  /** The index of the last reading that was made. */
  made = 0
  acknowledged = 0
  sum = 0
  checksums = 0
  xor = 0
  /** Acknowledged, but no pipeline can process them. */
  readonly poisoned = new Set<number>()

  constructor(device: string, metric = 'value', hasSpikes = false) {
    this.device = device
    this.deviceId = deviceIdOf(device)
    this.metric = metric
    this.hasSpikes = hasSpikes
  }

  get isFull(): boolean {
    return this.made >= MAX_INDEX
  }

  make(poison: Poison = 0): SentReading {
    const index = ++this.made
    return { series: this, index, value: valueOf(this.deviceId, index, this.hasSpikes), poison }
  }

  acknowledge({ index, value, poison }: SentReading): void {
    if (poison !== 0) return void this.poisoned.add(index)
    const sum = checksum(index, value)
    this.acknowledged++
    this.sum += value
    this.checksums += sum
    this.xor ^= sum
  }
}

export const timeOf = (index: number): number => START_MS + index * STEP_MS

/** The same as in the engine's ledger (fixtures/ledger.js). */
function checksum(index: number, value: number): number {
  let mixed = Math.imul(index ^ Math.imul(value, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 1
}

/** Of the account's readings from the first one on. */
export function checksumsUpTo({ deviceId, hasSpikes }: SeriesAccount, last: number): number {
  let sum = 0
  for (let index = 1; index <= last; index++) sum += checksum(index, valueOf(deviceId, index, hasSpikes))
  return sum
}
