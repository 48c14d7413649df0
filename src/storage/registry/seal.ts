/**
 * What the database says of itself as a whole, written in the same transaction as every change: how many chunks it has
 * and the sum of their checks. A value on its own cannot tell that others are missing; the seal can.
 */
import { openValue, sealValue } from './sealed-value.ts'

export const SEAL_KEY = 'seal'
const FORMAT = 1
const SUM_MODULUS = 2 ** 48

export interface Seal {
  readonly format: number
  /** False from the first write to a new file until everything that was to be in it is. */
  readonly complete: boolean
  /** All changes up to this number are in it; later ones may be. */
  readonly position: number
  /** Transactions since the file was made. */
  readonly batch: number
  readonly chunks: number
  readonly sum: number
}

export const sealBytes = (seal: Omit<Seal, 'format'>): Buffer =>
  sealValue(SEAL_KEY, JSON.stringify({ format: FORMAT, ...seal })).bytes

/** The seal; undefined if the bytes are none. */
export function readSeal(bytes: Uint8Array): Seal | undefined {
  const opened = openValue(SEAL_KEY, bytes)
  return opened === undefined ? undefined : (JSON.parse(opened.text) as Seal)
}

export const knowsFormat = ({ format }: Seal): boolean => format === FORMAT

/** The checks of all chunks that are in the database, by key, and their sum. */
export class CheckTable {
  readonly #checks = new Map<string, number>()
  #sum = 0

  get size(): number {
    return this.#checks.size
  }

  get sum(): number {
    return this.#sum
  }

  set(key: string, check: number): void {
    this.#sum = (this.#sum + check - (this.#checks.get(key) ?? 0) + SUM_MODULUS) % SUM_MODULUS
    this.#checks.set(key, check)
  }

  delete(key: string): void {
    this.#sum = (this.#sum - (this.#checks.get(key) ?? 0) + SUM_MODULUS) % SUM_MODULUS
    this.#checks.delete(key)
  }

  has(key: string): boolean {
    return this.#checks.has(key)
  }

  copy(): CheckTable {
    const copy = new CheckTable()
    for (const [key, check] of this.#checks) copy.set(key, check)
    return copy
  }
}
