/**
 * The tracks of a pool as fluids: admitted while enough of the backlog stays free for those above (the shares are the
 * engine's), served events first, then critical, the rest by the engine's own deficit round robin, told in parts of a
 * step's work instead of readings.
 */
import { RESERVED_SHARES } from '../../memory/memory-map.ts'
import { DeficitRoundRobin } from '../../scheduling/deficit-round-robin.ts'
import { TRACK_COUNT } from '../words.ts'
import { Fifo } from './fifo.ts'

const FIRST_SHARED = 2
const CRITICAL = 1
/** A step's work in parts, and what one round of the round robin gives out. */
const PARTS = 256
const ROUND_PARTS = 64
const NEARLY_NOTHING = 1e-9

/** `busy` is the share of the work that the track could have had which it took. */
export type Waited = (track: number, amount: number, ms: number, busy: number) => void

/** A step of the world as the tracks see it. */
export interface TrackStep {
  readonly fromMs: number
  readonly ms: number
  /** Readings that want in, by track. */
  readonly arriving: Float64Array
  /** Readings that the units can do. */
  readonly work: number
  /** Readings there is room for. */
  readonly room: number
}

export class Tracks {
  /** Of the last step, by track. */
  readonly served = new Float64Array(TRACK_COUNT)
  readonly refused = new Float64Array(TRACK_COUNT)
  readonly #fifos = Array.from({ length: TRACK_COUNT }, () => new Fifo())
  readonly #turns: DeficitRoundRobin
  readonly #shares: readonly number[]
  /** Waiting and arriving in this step. */
  readonly #there = new Float64Array(TRACK_COUNT)

  /** `shares` of premium, standard and bulk. */
  constructor(shares: readonly number[]) {
    const all = shares.reduce((sum, share) => sum + share, 0)
    this.#shares = shares.map((share) => share / all)
    this.#turns = new DeficitRoundRobin(shares, ROUND_PARTS)
  }

  backlogOf(track: number): number {
    return this.#fifos[track].amount
  }

  get backlog(): number {
    let all = 0
    for (const fifo of this.#fifos) all += fifo.amount
    return all
  }

  step(step: TrackStep, waited: Waited): void {
    const { arriving, work, room } = step
    for (let track = 0; track < TRACK_COUNT; track++)
      this.#there[track] = this.#fifos[track].amount + arriving[track]
    const left = this.#serveUrgent(work)
    this.#shareOut(left)
    this.#refuse(arriving, room)
    let free = work
    for (let track = 0; track < TRACK_COUNT; track++) {
      this.#move(track, step, free, left, waited)
      free -= this.served[track]
    }
  }

  /** Readings of a node that died, by track; they are no longer here. */
  take(share: number): ReturnType<Fifo['take']>[] {
    return this.#fifos.map((fifo) => fifo.take(share))
  }

  /** What a journal has given back. */
  giveBack(taken: readonly ReturnType<Fifo['take']>[]): void {
    taken.forEach((runs, track) => {
      for (const { amount, fromMs, untilMs } of runs) this.#fifos[track].push(amount, fromMs, untilMs)
    })
  }

  #serveUrgent(work: number): number {
    let left = work
    for (let track = 0; track <= CRITICAL; track++) {
      this.served[track] = Math.min(left, this.#there[track])
      left -= this.served[track]
    }
    return left
  }

  #shareOut(work: number): void {
    let wanted = 0
    for (let track = FIRST_SHARED; track < TRACK_COUNT; track++) wanted += this.#there[track]
    const isEnough = wanted <= work
    for (let track = FIRST_SHARED; track < TRACK_COUNT; track++)
      this.served[track] = isEnough ? this.#there[track] : 0
    if (!isEnough && work > 0) this.#takeTurns(work)
  }

  #takeTurns(work: number): void {
    const readings = work / PARTS
    const waits = (index: number): number =>
      (this.#there[FIRST_SHARED + index] - this.served[FIRST_SHARED + index]) / readings
    for (let left = PARTS; left > NEARLY_NOTHING;) {
      const turn = this.#turns.next((index) => waits(index) > NEARLY_NOTHING)
      if (turn === undefined) return
      const parts = Math.min(turn.budget, left, waits(turn.index))
      this.served[FIRST_SHARED + turn.index] += parts * readings
      left -= parts
      this.#turns.spend(turn.index, parts, waits(turn.index) <= NEARLY_NOTHING)
    }
  }

  /** The lowest gives way first: a track may not fill what must stay free for those above it. */
  #refuse(arriving: Float64Array, room: number): void {
    let used = 0
    for (let track = 0; track < TRACK_COUNT; track++) used += this.#there[track] - this.served[track]
    for (let track = TRACK_COUNT - 1; track >= 0; track--) {
      const over = used - (1 - RESERVED_SHARES[track]) * room
      const left = this.#there[track] - this.served[track]
      this.refused[track] = Math.max(0, Math.min(over, left, arriving[track]))
      used -= this.refused[track]
    }
  }

  /** `free` is the work that those above have left, `shared` what was shared out. */
  #move(
    track: number,
    { fromMs, ms, arriving }: TrackStep,
    free: number,
    shared: number,
    waited: Waited,
  ): void {
    const fifo = this.#fifos[track]
    const served = this.served[track]
    fifo.push(arriving[track] - this.refused[track], fromMs, fromMs + ms)
    if (served <= 0) return
    const isAll = fifo.amount - served <= NEARLY_NOTHING
    const own = track < FIRST_SHARED ? free : this.#spare(track, shared)
    const rate = isAll ? Math.max(served, own) : served
    const busy = served / rate
    fifo.serve(isAll ? fifo.amount : served, fromMs, rate / ms, (amount, wait) =>
      waited(track, amount, wait, busy),
    )
  }

  /** Work that a track could have had: its share, or what the others left. */
  #spare(track: number, shared: number): number {
    let others = 0
    for (let other = FIRST_SHARED; other < TRACK_COUNT; other++)
      if (other !== track) others += this.served[other]
    return Math.max(this.#shares[track - FIRST_SHARED] * shared, shared - others)
  }
}
