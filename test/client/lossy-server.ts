import type { OpenWire, Wire, WireEvents } from '../../src/client/wire.ts'
import { readingsOf } from '../../src/client/frame-encoder.ts'
import type { Random } from '../../src/core/random.ts'
import { frameHead, replyBytes, type ReplyFields } from '../load/scripted-server.ts'
import type { VirtualClock } from './virtual-clock.ts'

const REFUSED = 1
/** Numbers among which a server recognises repeats. */
const REMEMBERED = 256

/** How often what goes wrong, 0 to 1. */
export interface Faults {
  readonly refuseConnection: number
  readonly breakConnection: number
  readonly silence: number
  readonly refuseFrame: number
  readonly refusePart: number
}

/** What is open on one connection. */
interface Session {
  readonly events: WireEvents
  readonly queue: { frame: Buffer; seq: number }[]
  isOpen: boolean
  isSilent: boolean
  lastSeq: number
}

/**
 * A server on virtual time that refuses, breaks off, falls silent and is late, but keeps to the protocol: accepts
 * cumulatively and in order, tells refusals before, takes no frame twice. The value of a reading names it.
 */
export class LossyServer {
  /** How often each reading was taken. */
  readonly taken = new Map<number, number>()
  readonly malformedValues = new Set<number>()
  /** What it saw that must not happen. */
  readonly offences: string[] = []
  faults: Faults
  readonly #seen = new Set<number>()
  readonly #partly = new Map<number, ReplyFields>()
  #highest = 0
  readonly #clock: VirtualClock
  readonly #random: Random

  constructor(faults: Faults, clock: VirtualClock, random: Random) {
    this.faults = faults
    this.#clock = clock
    this.#random = random
  }

  readonly open: OpenWire = (_url, _token, events): Wire => {
    const session: Session = { events, queue: [], isOpen: true, isSilent: false, lastSeq: 0 }
    const refused = this.#happens(this.faults.refuseConnection)
    this.#clock.after(1 + this.#random() * 20, () => {
      if (!session.isOpen) return
      if (refused) this.#end(session, 1006)
      else events.opened()
    })
    return {
      bufferedAmount: 0,
      send: (bytes) => this.#receive(session, Buffer.from(bytes)),
      close: () => (session.isOpen = false),
    }
  }

  #receive(session: Session, frame: Buffer): void {
    const { seq } = frameHead(frame)!
    if (!session.isOpen) return void this.offences.push(`frame ${seq} sent on a closed connection`)
    const waiting = session.queue.at(-1)
    if (waiting && waiting.seq >= seq)
      this.offences.push(`frame ${seq} behind ${waiting.seq}, both unanswered`)
    if (seq < this.#highest - REMEMBERED + 1) this.offences.push(`frame ${seq} long after ${this.#highest}`)
    session.queue.push({ frame, seq })
    if (session.queue.length === 1) this.#clock.after(this.#random() * 10, () => this.#work(session))
  }

  /** Answers some of what is waiting, as the router and the settlement do. */
  #work(session: Session): void {
    if (!session.isOpen) return
    if (this.#happens(this.faults.silence)) session.isSilent = true
    const batch = session.queue.splice(0, 1 + Math.floor(this.#random() * 4))
    let accepted = 0
    for (const { frame, seq } of batch) {
      const answer = this.#answer(frame, seq)
      if (this.#happens(this.faults.breakConnection)) return this.#end(session, 1006)
      if (answer === null) accepted = seq
      else this.#reply(session, answer)
    }
    if (accepted > 0) this.#reply(session, { seq: accepted, credit: this.#happens(0.1) ? 2 : 100 })
    if (session.queue.length > 0) this.#clock.after(this.#random() * 10, () => this.#work(session))
  }

  /** What is told of a frame besides its acceptance. */
  #answer(frame: Buffer, seq: number): ReplyFields | null {
    this.#highest = Math.max(this.#highest, seq)
    // a repeat is answered as the first was, or readings refused in part would be lost with the answer
    if (this.#seen.has(seq)) return this.#partly.get(seq) ?? null
    const values = readingsOf(frame).map(({ value }) => value)
    const bad = values.flatMap((value, i) => (this.malformedValues.has(value) ? [i] : []))
    if (this.#happens(this.faults.refuseFrame))
      return {
        seq,
        status: REFUSED,
        reason: 'overload',
        retryAfterMs: this.#happens(0.5) ? 0 : Math.ceil(this.#random() * 300),
      }
    this.#seen.add(seq)
    const refused = this.#happens(this.faults.refusePart)
      ? values.flatMap((_, i) => (bad.includes(i) || this.#happens(0.5) ? [i] : []))
      : []
    const isRefused = refused.length > bad.length
    const not = isRefused ? refused : bad
    values.forEach((value, i) => {
      if (!not.includes(i)) this.taken.set(value, (this.taken.get(value) ?? 0) + 1)
    })
    const reply = isRefused
      ? { seq, status: REFUSED, reason: 'overload', refused, retryAfterMs: 50 }
      : bad.length > 0
        ? { seq, reason: 'malformed: value', refused: bad }
        : null
    if (reply) this.#partly.set(seq, reply)
    return reply
  }

  #reply(session: Session, fields: ReplyFields): void {
    if (session.isOpen && !session.isSilent) session.events.message(replyBytes(fields))
  }

  #end(session: Session, code: number): void {
    session.isOpen = false
    session.events.closed(code, '')
  }

  #happens(share: number): boolean {
    return this.#random() < share
  }
}
