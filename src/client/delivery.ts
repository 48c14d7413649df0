import { fullJitter } from './backoff.ts'
import type { Backlog } from './backlog.ts'
import type { Emitter, FrameSummary } from './events.ts'
import { readingsOf } from './frame-encoder.ts'
import type { Frame } from './frame.ts'
import { newLink } from './link.ts'
import { SEQ_SPAN, nameOf, type Settings } from './options.ts'
import { MALFORMED, UNAUTHORIZED, replyOf, type Reply } from './reply.ts'
import type { Counts } from './stats.ts'
import type { OpenWire } from './wire.ts'

export interface DeliveryEvents extends Emitter {
  /** Frames may have been settled: there may be room, and what was waited for may be done. */
  readonly changed: () => void
  /** Readings of a frame go on under another number. */
  readonly moved: (from: number, to: number) => void
}

export interface Delivery {
  readonly isOpen: () => boolean
  readonly inFlight: () => number
  /** Sends what may be sent now. */
  pump(): void
  /** Gives up what waits, was handed over before and is not under way. */
  giveUpOlder(thanMs: number, reason: string): void
  /** Tells of readings given up; `indexes` null = all of the frame. */
  tellGivenUp(frame: Frame, indexes: readonly number[] | null, reason: string): void
  summaryOf(frame: Frame): FrameSummary
  /** Breaks off, to connect again under the name of now. */
  reconnect(reason: string): void
  /** Ends it for good; `isForgetting`: what is not settled is given up. */
  close(isForgetting: boolean): void
}

/** The server takes a sample only, and this was not in it. */
const SAMPLED = 'sampled'
/** Reasons that last until somebody changes the server's configuration or registry. */
const LASTING = /^(unknown-device|unknown-metric|series-limit|unauthorized)$/
/** Close codes that mean a message was not understood, or too long. */
const BAD_MESSAGE = [1007, 1009]
const STORAGE_RETRY_MS = 250

/**
 * Sends the backlog's frames until each one is settled, and does what the server's answers ask for.
 *
 * Acceptance is cumulative, so on a connection numbers must rise from each frame to the next one that is unanswered at
 * the same time: a frame that comes back (refused, or made of refused readings) waits until nothing with a higher number
 * is under way. And a server recognises repeats among the last 256 numbers only: so what is sent is never further ahead
 * than that of the oldest frame that is not settled.
 */
export function newDelivery(
  settings: Settings,
  openWire: OpenWire,
  backlog: Backlog,
  counts: Counts,
  { emit, tell, attempt, changed, moved }: DeliveryEvents,
): Delivery {
  const { clock, random } = settings
  const { frames } = backlog
  /** Frames under way, ascending. */
  const flight = new Set<Frame>()
  const latest = () => [...flight].at(-1)
  let pausedUntilMs = 0
  /** Frames up to this number go one at a time, to find the one that is not understood. */
  let singlyUpTo = 0
  /** Frames of this connection that the server said it couldn't read: it closes the connection after some. */
  let malformedHere = 0
  let isClosed = false
  let cancelWake: (() => void) | undefined

  const link = newLink(settings, openWire, {
    name: () => nameOf(settings, backlog),
    isOwed: () => flight.size > 0,
    opened() {
      counts.connections++
      counts.credit = malformedHere = 0
      emit('connected')
      pump()
    },
    message(bytes) {
      const reply = replyOf(bytes)
      if (reply) {
        answered(reply)
        changed()
        pump()
      } else {
        counts.unreadableReplies++
        link.drop('an answer that is no reply')
      }
      return !!reply
    },
    closed(code, reason, retryInMs) {
      if (BAD_MESSAGE.includes(code) && !malformedHere) suspect(`closed with ${code} ${reason}`)
      recall()
      changed()
      emit('disconnected', code, reason, retryInMs)
    },
  })

  function recall(): void {
    for (const frame of flight) frame.isUncertain = true
    flight.clear()
  }

  function pump(): void {
    const nowMs = clock.nowMs()
    const first = backlog.oldestSeq()
    const last = Math.min(first + SEQ_SPAN, backlog.nextSeq() - 1)
    const most = first > singlyUpTo ? Math.min(settings.window, counts.credit || Infinity) : 1
    const sentUpTo = latest()?.seq ?? 0
    let wakeMs = Infinity
    cancelWake?.()
    for (let seq = first; seq <= last && flight.size < most && link.isOpen(); seq++) {
      const frame = frames.get(seq)
      if (!frame || flight.has(frame)) continue
      const dueMs = Math.max(frame.dueMs, pausedUntilMs)
      if (dueMs > nowMs) wakeMs = Math.min(wakeMs, dueMs)
      // otherwise it is an answer that is waited for
      else if (seq < sentUpTo) break
      else send(frame)
    }
    // whole milliseconds, or rounding would wake it just before the time, again and again
    if (wakeMs < Infinity) cancelWake = clock.after(Math.ceil(wakeMs - nowMs) + 1, pump)
  }

  function send(frame: Frame): void {
    const bytes = attempt(() => backlog.bytesOf(frame))
    // what can't be read back from the store is lost
    if (!bytes) return settle(frame, null, 'storage-failed')
    if (frame.isUncertain || frame.tries) counts.framesResent++
    link.send(bytes)
    flight.add(frame)
  }

  function answered({ seq, status, reason, refused, retryAfterMs, credit }: Reply): void {
    const isMalformed = status === MALFORMED
    if (credit) counts.credit = credit
    if (isMalformed) malformedHere++
    if (isMalformed && !seq) return suspect(reason)
    if (!status && !refused.length) return acceptedUpTo(seq)
    const frame = frames.get(seq)
    if (!frame || !flight.delete(frame)) return
    const indexes = refused.filter((index) => index < frame.count)
    // what was not understood will not be when sent again
    if (isMalformed) settle(frame, null, reason)
    // Says nothing of earlier frames: the server tells it at once, and what it has accepted of those later. To take
    // that as said would let a refused frame go again before, and seem covered by it.
    else if (!status) settle(frame, indexes, reason)
    else {
      const why = status === UNAUTHORIZED ? 'unauthorized' : reason
      refusedFrame(frame, refused.length ? indexes : null, why, retryAfterMs)
    }
  }

  function acceptedUpTo(seq: number): void {
    const taken = [...flight].filter((frame) => frame.seq <= seq)
    // before anything is told: what is sent by a listener is not among them
    for (const frame of taken) flight.delete(frame)
    for (const frame of taken) settle(frame, [], '')
  }

  /** The readings at `indexes` (null = all) are given up, the others were taken. */
  function settle(frame: Frame, indexes: readonly number[] | null, reason: string): void {
    if (indexes?.length !== 0) tellGivenUp(frame, indexes, reason)
    if (indexes) acknowledged(frame, indexes)
    attempt(() => backlog.settle(frame))
  }

  function acknowledged(frame: Frame, except: readonly number[]): void {
    counts.acknowledged += frame.count - except.length
    emit('acknowledged', summaryOf(frame), except)
  }

  /**
   * One of the frames under way was not understood, and the server can't say which. What it accepts from now on may
   * seem to cover that frame: so they are all sent again, on another connection, one at a time.
   */
  function suspect(reason: string): void {
    const last = latest()
    if (!last) return
    if (flight.size > 1) {
      singlyUpTo = last.seq
      if (link.isOpen()) link.drop(`a frame was not understood: ${reason}`)
    } else {
      flight.clear()
      settle(last, null, reason)
    }
  }

  /** `indexes` null = all of its readings. */
  function refusedFrame(
    frame: Frame,
    indexes: readonly number[] | null,
    reason: string,
    retryAfterMs: number,
  ): void {
    const isLasting = LASTING.test(reason)
    const most = Math.min(settings.maxTries, isLasting ? settings.maxTriesLasting : Infinity)
    const waitMs = fullJitter(settings.retryMs, settings.retryMaxMs, frame.tries++, random)
    const isOld = clock.epochMs() - frame.createdMs > settings.maxAgeMs
    counts.refused[reason] = (counts.refused[reason] ?? 0) + (indexes?.length ?? frame.count)
    frame.isUncertain = false
    frame.dueMs = clock.nowMs() + Math.max(waitMs, retryAfterMs)
    if (!indexes && !isLasting) pausedUntilMs = Math.max(pausedUntilMs, frame.dueMs)
    const isHopeless = reason === SAMPLED || frame.tries >= most || isOld
    if (indexes && !isHopeless) return moveRefused(frame, indexes, reason)
    emit('refused', summaryOf(frame), reason, indexes, null)
    if (isHopeless) settle(frame, indexes, reason)
  }

  /** The others of the frame were taken, so those go into a frame with a number of its own. */
  function moveRefused(frame: Frame, indexes: readonly number[], reason: string): void {
    const { dueMs } = frame
    const again = attempt(() => backlog.replace(frame, indexes))
    if (again) {
      moved(frame.seq, again.seq)
      emit('refused', summaryOf(frame), reason, indexes, summaryOf(again))
      return acknowledged(frame, indexes)
    }
    frame.dueMs = Infinity
    clock.after(STORAGE_RETRY_MS, () => {
      if (isClosed) return
      frame.dueMs = dueMs
      moveRefused(frame, indexes, reason)
      changed()
      pump()
    })
  }

  function tellGivenUp(frame: Frame, indexes: readonly number[] | null, reason: string): void {
    const { seq, count, tries, isUncertain } = frame
    const all = summaryOf(frame).readings()
    const readings = indexes?.map((index) => all[index]) ?? all
    counts.givenUp += indexes?.length ?? count
    tell({ readings, seq, reason, tries, isUncertain })
  }

  const summaryOf = (frame: Frame): FrameSummary => ({
    seq: frame.seq,
    count: frame.count,
    readings: () => attempt(() => readingsOf(backlog.bytesOf(frame))) ?? [],
  })

  function giveUpOlder(thanMs: number, reason: string): void {
    for (const frame of frames.values())
      if (frame.createdMs < thanMs && !flight.has(frame) && frame.dueMs < Infinity)
        settle(frame, null, reason)
  }

  return {
    isOpen: link.isOpen,
    inFlight: () => flight.size,
    pump,
    giveUpOlder,
    tellGivenUp,
    summaryOf,
    reconnect: link.drop,
    close(isForgetting) {
      isClosed = true
      link.close()
      cancelWake?.()
      recall()
      if (isForgetting) giveUpOlder(Infinity, 'closed')
    },
  }
}
