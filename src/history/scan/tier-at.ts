import { TIERS } from '../../core/tiers.ts'

const CODES = TIERS.map((tier) => new TextEncoder().encode(tier))

/** The index of the tier whose name lies at `from` … `to`; −1 = none is called so. */
export const tierAt = (bytes: Uint8Array, from: number, to: number): number =>
  CODES.findIndex((code) => code.length === to - from && code.every((byte, i) => bytes[from + i] === byte))
