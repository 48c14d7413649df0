import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { MALFORMED_CAUSES, REFUSAL_REASONS, type RefusalReason } from '../../core/refusal.ts'
import * as I from '../../ingest/intake-counters.ts'
import { OUTCOME_MALFORMED } from '../../memory/layout/ring.layout.ts'
import type { FrameProducer, SettledFrame } from '../../memory/rings/ingest-ring.ts'

/** What became of readings that the embedding program handed in. */
export interface IngestResult {
  readonly accepted: number
  /** Indexes of those not taken. */
  readonly refused: readonly number[]
  /** Why (the first reason met); '' when all were taken. */
  readonly reason: string
  /** Whether handing the refused ones in again can help. */
  readonly retryable: boolean
}

interface Waiting {
  readonly resolve: (result: IngestResult) => void
  readonly reject: (error: MillraceError) => void
}

const ROOM_POLL_MS = 1
/** What may be over a moment later; the others come again as long as nobody changes anything. */
const PASSING: ReadonlySet<string> = new Set<RefusalReason>([
  'overload',
  'ring',
  'rate',
  'shutdown',
  'storage',
  'replaying',
])
/** Before the readings of a frame the message has bytes of its own (layout/ring.layout.ts). */
export const EMBEDDED_READING_OFFSET = 32

/** The embedding program's way into its ring: frames with answers, without a socket. */
export class EmbeddedIntake {
  readonly #producer: FrameProducer
  readonly #counters: I.IntakeCounters
  readonly #clock: Clock
  readonly #ringWaitMs: number
  readonly #refusal: () => RefusalReason | ''
  readonly #waiting = new Map<number, Waiting>()
  #seq = 0
  #claims = 0
  #openClaim = 0
  #closing = false

  /** `refusal` = why nothing at all can be taken now, or ''. */
  constructor(
    producer: FrameProducer,
    counters: I.IntakeCounters,
    clock: Clock,
    ringWaitMs: number,
    refusal: () => RefusalReason | '' = () => '',
  ) {
    this.#refusal = refusal
    this.#producer = producer
    this.#counters = counters
    this.#clock = clock
    this.#ringWaitMs = ringWaitMs
  }

  /** Room for `count` readings: the address of the first one, or 0 when the ring is full or the engine is closing. */
  claim(count: number): number {
    if (this.refusesAll) return 0
    const address = this.#producer.claim(EMBEDDED_READING_OFFSET + count * 32, count)
    if (address === 0) return 0
    this.#openClaim = ++this.#claims
    return address + EMBEDDED_READING_OFFSET
  }

  /** Whatever is claimed is needed for something else: it can't be filled or committed any more. */
  giveUpClaim(): void {
    this.#openClaim = 0
  }

  /** Number of the claim that can be filled and committed now, or 0: a claim is given up by the next one. */
  get openClaim(): number {
    return this.#openClaim
  }

  /**
   * Waits for room, but no longer than limits.ringWaitMs, and calls `use` with its address (0: there is none) at once:
   * whoever waited a moment longer could find that somebody else has claimed it.
   */
  async claimSoon<T>(count: number, use: (address: number) => T | Promise<T>): Promise<T> {
    const untilMs = this.#clock.nowMs() + this.#ringWaitMs
    for (;;) {
      this.settle()
      const address = this.claim(count)
      if (address !== 0 || this.#closing || this.#refusal() === 'storage' || this.#clock.nowMs() >= untilMs)
        return use(address)
      await new Promise<void>((resolve) => this.#clock.after(ROOM_POLL_MS, resolve))
    }
  }

  /** Hands `count` claimed readings over; what is refused of them is only counted. */
  commit(count: number): void {
    this.#openClaim = 0
    if (this.#closing) return this.refuse(count, 'shutdown')
    this.#count(count)
    this.#producer.commit(EMBEDDED_READING_OFFSET, count, 0, 0, this.#clock.nowMs())
  }

  /** The same; resolves when they have been routed. */
  commitAcknowledged(count: number): Promise<IngestResult> {
    this.#openClaim = 0
    if (this.#closing) return Promise.resolve(this.refuseAll(count, 'shutdown'))
    this.#count(count)
    this.#seq = this.#seq === 0xffffffff ? 1 : this.#seq + 1
    const seq = this.#seq
    this.#producer.commit(EMBEDDED_READING_OFFSET, count, 0, seq, this.#clock.nowMs())
    return new Promise((resolve, reject) => this.#waiting.set(seq, { resolve, reject }))
  }

  /** Counts readings that could not be handed over. */
  refuse(count: number, reason: RefusalReason): void {
    this.#counters[I.INTAKE_RECEIVED] += count
    this.#counters[I.INTAKE_REFUSED + REFUSAL_REASONS.indexOf(reason)] += count
  }

  /** The same, and says so. */
  refuseAll(count: number, reason: RefusalReason): IngestResult {
    this.refuse(count, reason)
    const refused = Array.from({ length: count }, (_, index) => index)
    return { accepted: 0, refused, reason, retryable: true }
  }

  /** Answers what has been routed since the last call. */
  settle(): void {
    this.#producer.settle(this.#visit)
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Nothing at all can be taken now. */
  get refusesAll(): boolean {
    return this.#closing || this.#refusal() !== ''
  }

  /** Why readings that found no room are refused. */
  get reason(): RefusalReason {
    return this.#closing ? 'shutdown' : this.#refusal() || 'ring'
  }

  get isClosing(): boolean {
    return this.#closing
  }

  beginShutdown(): void {
    this.#closing = true
  }

  /** Nothing is routed any more: whoever waits for an answer is told so. */
  giveUp(): void {
    this.#closing = true
    const error = new MillraceError('internal', 'the router has failed: what it had not routed is lost')
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #count(readings: number): void {
    this.#counters[I.INTAKE_RECEIVED] += readings
    this.#counters[I.INTAKE_COMMITTED] += readings
    this.#counters[I.INTAKE_FRAMES]++
  }

  readonly #visit = (frame: SettledFrame): void => {
    const waiting = this.#waiting.get(frame.seq)
    if (waiting === undefined) return
    this.#waiting.delete(frame.seq)
    const { reason, refusedCount, readingCount } = frame
    const accepted = readingCount - refusedCount
    const retryable = refusedCount > 0 && PASSING.has(reasonName(reason))
    waiting.resolve({ accepted, refused: frame.refusedIndexes(), reason: reasonName(reason), retryable })
  }
}

function reasonName(reason: number): string {
  if (reason === 0) return ''
  return reason >= OUTCOME_MALFORMED
    ? `malformed: ${MALFORMED_CAUSES[reason - OUTCOME_MALFORMED]}`
    : REFUSAL_REASONS[reason]
}
