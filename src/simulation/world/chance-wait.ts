/**
 * What a reading waits where nothing is congested: senders do not keep step, so that some find the workers busy. The mean
 * after G. Allen and A. Cunneen for several servers, with what those before it in rank leave of them; its tail as exponential.
 */
/** How much less even than chance frames come: they come in bunches. */
const BUNCHING = 4
const FULLEST = 0.99
const BATCH_PARTS = 4
/** Parts of an exponential distribution, and their middles as multiples of the mean. */
const SHARES = [0.5, 0.4, 0.09, 0.01]
const TIMES = [0.288, 1.204, 2.996, 5.298]

/** Workers, what each does per second, and how many readings it does before it looks what else there is. */
export interface Servers {
  readonly workers: number
  readonly rate: number
  readonly slice: number
}

/** Milliseconds on average, when they are busy for a share of the time. */
export function meanWaitMs({ workers, rate, slice }: Servers, busy: number): number {
  const share = Math.min(busy, FULLEST)
  if (workers < 1 || rate <= 0 || share <= 0) return 0
  const sliceMs = (slice / rate) * 1000
  const finds = share ** (Math.sqrt(2 * (workers + 1)) - 1)
  return (sliceMs * finds * BUNCHING) / (workers * (1 - share)) / 2
}

/** Milliseconds on average until one of the workers has done the slice that it is at, whatever that is of. */
export const sliceWaitMs = ({ workers, rate, slice }: Servers, busy: number): number =>
  workers < 1 || rate <= 0 ? 0 : ((slice / rate) * 1000 * busy ** workers) / (2 * workers)

/** Tells `add` what is held back until a batch is full: evenly from nothing to `heldMs`. */
export function holdBack(amount: number, heldMs: number, add: (amount: number, ms: number) => void): void {
  if (heldMs === 0) return add(amount, 0)
  for (let part = 0; part < BATCH_PARTS; part++)
    add(amount / BATCH_PARTS, (heldMs * (part + 0.5)) / BATCH_PARTS)
}

/** Of a track, and on average. */
export interface ByChance {
  readonly track: number
  readonly meanMs: number
  readonly waited: (track: number, amount: number, ms: number) => void
}

/** Tells what an amount took that waited so long for reasons of its own, and `meanMs` by chance. */
export function spread(amount: number, ownMs: number, { track, meanMs, waited }: ByChance): void {
  for (let part = 0; part < SHARES.length; part++)
    waited(track, amount * SHARES[part], ownMs + meanMs * TIMES[part])
}
