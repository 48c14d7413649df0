/**
 * Units of a pool: asked for, starting, ready, lost. What it is billed for begins with the request, as clouds do. A
 * unit that is lost is noticed after a while and another one started in its place. Times are since the start.
 */
import type { Random } from '../../core/random.ts'
import type { Span } from '../scenario/values.ts'
import { draw } from '../traffic/shapes.ts'

export interface CapacityParts {
  readonly units: number
  readonly start: Span
  readonly detectMs: number
  readonly random: Random
}

export class Capacity {
  readonly #parts: CapacityParts
  /** When units that start will be ready, earliest first. */
  readonly #starting: number[] = []
  /** When losses will have been noticed. */
  readonly #lost: number[] = []
  #isAsked = false
  #ready: number
  #desired: number

  constructor(parts: CapacityParts) {
    this.#parts = parts
    this.#ready = parts.units
    this.#desired = parts.units
  }

  get ready(): number {
    return this.#ready
  }

  get starting(): number {
    return this.#starting.length
  }

  get desired(): number {
    return this.#desired
  }

  /** Another number was asked for since the last step. */
  get isAsked(): boolean {
    return this.#isAsked
  }

  /** When a unit will be ready, or a loss noticed; Infinity = neither is under way. */
  get nextMs(): number {
    return Math.min(this.#starting[0] ?? Infinity, this.#lost[0] ?? Infinity)
  }

  /** The request of the policy. */
  ask(units: number): void {
    this.#isAsked ||= units !== this.#desired
    this.#desired = units
  }

  /** What has happened by `nowMs`; no more than `most` units are to be had. */
  step(nowMs: number, most: number): void {
    this.#isAsked = false
    while (this.#starting.length > 0 && this.#starting[0] <= nowMs) {
      this.#starting.shift()
      this.#ready++
    }
    while (this.#lost.length > 0 && this.#lost[0] <= nowMs) this.#lost.shift()
    const present = this.#ready + this.#starting.length
    const wanted = Math.min(this.#desired, Math.max(most, present))
    if (present > this.#desired) this.#stop(present - this.#desired)
    else this.#start(wanted - present - this.#lost.length, nowMs)
  }

  /** Units die; returns how many of those that were ready. */
  crash(units: number, nowMs: number): number {
    const died = Math.min(units, this.#ready)
    this.#ready -= died
    for (let unit = 0; unit < died; unit++) this.#lost.push(nowMs + this.#parts.detectMs)
    return died
  }

  /** Everything is gone, also what was starting. */
  loseAll(nowMs: number): number {
    const died = this.crash(this.#ready, nowMs)
    this.#starting.splice(0).forEach(() => this.#lost.push(nowMs + this.#parts.detectMs))
    return died
  }

  #start(units: number, nowMs: number): void {
    const { start, random } = this.#parts
    for (let unit = 0; unit < units; unit++) this.#starting.push(nowMs + draw(start, random))
    if (units > 0) this.#starting.sort((a, b) => a - b)
  }

  /** Those that are furthest from being ready go first. */
  #stop(units: number): void {
    const fresh = Math.min(units, this.#starting.length)
    this.#starting.length -= fresh
    this.#ready -= units - fresh
  }
}
