import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { Acknowledgements } from './acknowledgements.ts'
import { binaryReply, jsonReply, type Reply } from './replies.ts'
import type { LoadConnection } from './load-connection.ts'
import type { Pace } from './schedule.ts'
import { gapTo, type Signal } from './signal.ts'
import type { Tally } from './tally.ts'
import type { Tape } from './tape.ts'
import { openWebSocket, type WebSocketClient } from './websocket-client.ts'

/** Bytes given to the socket ahead of the operating system, and in one call. */
const MAX_QUEUED_BYTES = 1024 * 1024
const MAX_WRITE_BYTES = 128 * 1024
const RECONNECT_MS = 100
const LAST_SEQ = 0xffff_ffff

export interface ConnectionPlan {
  readonly url: URL
  readonly token: string
  readonly tape: Tape
  readonly pace: Pace
  readonly signal: Signal
  readonly malformedShare: number
  readonly malformedMessage: () => Buffer
  readonly random: Random
  readonly ack: boolean
  readonly window: number
}

/**
 * One connection of a run: sends what is due, at most a window of unacknowledged frames, and connects again when it is
 * closed. What can't be sent on time stays due, so that its latency counts from when it was meant to be sent.
 */
export class Connection implements LoadConnection {
  readonly #plan: ConnectionPlan
  readonly #tally: Tally
  readonly #clock: Clock
  #client: WebSocketClient | null = null
  #acks: Acknowledgements
  #opening = false
  #finished = false
  #stopped = false
  /** Milliseconds of the clock at which the schedule begins. */
  #startMs = 0
  #endMs = Infinity
  /** Frames taken from the schedule. */
  #taken = 0
  /** Next frame of the tape, and how many before it the socket still holds. */
  #head = 0
  #held = 0
  #untilMalformed: number
  #credit = Infinity
  #pausedUntilMs = 0
  #pumpQueued = false
  /** True if more was due at the last look than could be sent. */
  #behind = false

  constructor(plan: ConnectionPlan, tally: Tally, clock: Clock) {
    this.#plan = plan
    this.#tally = tally
    this.#clock = clock
    this.#acks = this.#freshAcks()
    this.#untilMalformed = gapTo(plan.malformedShare, plan.random)
  }

  /** Opens the connection; rejects if the server doesn't take it. */
  async open(): Promise<void> {
    const client = await openWebSocket(
      this.#plan.url,
      this.#plan.token,
      {
        onMessage: (message, binary) => this.#reply(binary ? binaryReply(message) : jsonReply(message)),
        onClose: (code) => this.#closed(code),
      },
      this.#clock,
    )
    this.#tally.connectionsOpened++
    this.#acks = this.#freshAcks()
    this.#held = 0
    this.#credit = Infinity
    this.#client = client
    if (this.#stopped) client.abort()
  }

  /** Sets when the schedule begins and after how long it ends. */
  begin(startMs: number, durationMs: number): void {
    this.#startMs = startMs
    this.#endMs = startMs + durationMs
  }

  /** Frames meant to be sent by now and not sent. */
  behindBy(nowMs: number): number {
    const due = this.#plan.pace.dueBy(Math.min(nowMs, this.#endMs) - this.#startMs)
    return Number.isFinite(due) ? due - this.#taken : 0
  }

  get unanswered(): number {
    return this.#plan.ack && this.#client ? this.#acks.outstanding : 0
  }

  get queuedBytes(): number {
    return this.#client?.queuedBytes ?? 0
  }

  /** Sends what is due and has room. */
  pump(): void {
    const nowMs = this.#clock.nowMs()
    if (this.#finished || nowMs < this.#startMs) return
    if (this.#plan.ack && this.#acks.nextSeq > LAST_SEQ) return this.#client?.abort()
    if (this.#sendSome(nowMs) && this.#behind) this.#pumpSoon()
  }

  /** Ends the schedule at `nowMs`: sends what was due by then and has room, and no more after that. */
  finish(nowMs: number): void {
    this.#endMs = Math.min(this.#endMs, nowMs)
    while (this.#plan.pace.openLoop && this.#sendSome(nowMs));
    this.#finished = true
  }

  /** Takes leave of the server. */
  async close(): Promise<void> {
    this.#finished = true
    this.#stopped = true
    await this.#client?.close()
  }

  /** One write's worth, or one malformed frame; true if anything was sent. */
  #sendSome(nowMs: number): boolean {
    if (!this.#client || nowMs < this.#pausedUntilMs || this.#client.queuedBytes >= MAX_QUEUED_BYTES)
      return false
    const due = this.#plan.pace.dueBy(Math.min(nowMs, this.#endMs) - this.#startMs)
    this.#behind = due > this.#taken
    if (!this.#behind) return false
    if (this.#untilMalformed === 1) this.#sendMalformed()
    else if (!this.#sendRun(due, nowMs)) return false
    this.#behind = due > this.#taken
    return true
  }

  /** As many frames as are due, have room and go into one write; false if that is none. */
  #sendRun(due: number, nowMs: number): boolean {
    const tape = this.#plan.tape
    const frames = Math.min(
      due - this.#taken,
      this.#plan.ack ? this.#mayBeUnacknowledged() : Infinity,
      this.#untilMalformed - 1,
      tape.frames - Math.max(this.#head, this.#held),
      this.#framesPerWrite(),
    )
    if (frames < 1) return false
    this.#sendFrames(frames, nowMs)
    return true
  }

  /** Frames that window, credit and the end of the sequence numbers leave room for. */
  #mayBeUnacknowledged(): number {
    const window = Math.min(this.#plan.window, this.#credit) - this.#acks.outstanding
    return Math.min(window, LAST_SEQ + 1 - this.#acks.nextSeq)
  }

  #framesPerWrite(): number {
    const { tape } = this.#plan
    return Math.max(1, Math.floor((MAX_WRITE_BYTES * tape.frames) / tape.bytes.length))
  }

  #sendFrames(frames: number, nowMs: number): void {
    const { tape, signal } = this.#plan
    const first = this.#head
    const toEpoch = this.#clock.epochMs() - nowMs
    for (let frame = first; frame < first + frames; frame++) {
      const intended = this.#intendedMs(nowMs)
      tape.refresh(frame, this.#plan.ack ? this.#acks.nextSeq : 0, intended + toEpoch, signal)
      if (this.#plan.ack) this.#acks.sent(intended)
      this.#taken++
    }
    this.#head = (first + frames) % tape.frames
    this.#untilMalformed -= frames
    this.#write(tape.bytes.subarray(tape.startOf(first), tape.startOf(first + frames)), frames)
    this.#tally.frames += frames
    this.#tally.readings += frames * tape.readingsPerFrame
  }

  #sendMalformed(): void {
    this.#untilMalformed = gapTo(this.#plan.malformedShare, this.#plan.random)
    this.#taken++
    this.#tally.malformedFrames++
    this.#write(this.#plan.malformedMessage(), 0)
  }

  #write(bytes: Uint8Array, frames: number): void {
    const client = this.#client!
    this.#held += frames
    this.#tally.bytes += bytes.length
    client.send(bytes, () => {
      if (client !== this.#client) return
      this.#held -= frames
      if (this.#behind) this.#pumpSoon()
    })
  }

  /** Pumps again after pending input and output, so that a fast server doesn't starve the others. */
  #pumpSoon(): void {
    if (this.#pumpQueued) return
    this.#pumpQueued = true
    setImmediate(() => {
      this.#pumpQueued = false
      this.pump()
    })
  }

  /** Clock time at which the next frame was meant to be sent; without a schedule, now. */
  #intendedMs(nowMs: number): number {
    const { pace } = this.#plan
    return pace.openLoop ? this.#startMs + pace.intendedAt(this.#taken) : nowMs
  }

  #reply(reply: Reply | null): void {
    if (!reply) return void this.#tally.unreadableReplies++
    if (this.#plan.ack && reply.credit > 0) this.#credit = reply.credit
    if (reply.status === 'accepted') this.#acks.acceptUpTo(reply.seq, this.#clock.nowMs())
    else if (reply.status === 'refused') this.#refused(reply)
    else if (reply.status === 'malformed') this.#tally.malformedReplies++
    else this.#tally.unauthorized++
    if (this.#behind) this.#pumpSoon()
  }

  /** A whole refused frame asks for a pause; one refused in part doesn't, the rest of it was taken. */
  #refused(reply: Reply): void {
    this.#tally.refused(reply, this.#plan.tape.readingsPerFrame)
    this.#acks.settle(reply.seq)
    if (!this.#plan.ack || reply.refusedReadings > 0 || reply.retryAfterMs === 0) return
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.nowMs() + reply.retryAfterMs)
  }

  #closed(code: number): void {
    this.#tally.unanswered += this.unanswered
    this.#client = null
    if (this.#stopped) return
    this.#tally.closed(code)
    this.#reopen()
  }

  #reopen(): void {
    if (this.#finished || this.#opening) return
    this.#opening = true
    this.open()
      .catch(() => this.#tally.connectionsFailed++)
      .finally(() => {
        this.#opening = false
        if (this.#client) this.#pumpSoon()
        else this.#clock.after(RECONNECT_MS, () => this.#reopen())
      })
  }

  #freshAcks(): Acknowledgements {
    return new Acknowledgements((latencyMs) => this.#tally.accepted(latencyMs))
  }
}
