import { fullJitter } from './backoff.ts'
import type { Backlog } from './backlog.ts'
import { tellGivenUp, type Emit, type FrameSummary } from './events.ts'
import { frameOf, readingsOf } from './frame-encoder.ts'
import { newCourse, type Frame } from './frame.ts'
import { MALFORMED, NOT_UNDERSTOOD, SEQ_SPAN, SWEEP_MS, TOO_LONG, UNAUTHORIZED } from './limits.ts'
import { newLink } from './link.ts'
import type { Settings } from './options.ts'
import { replyOf, type Reply } from './reply.ts'
import type { Counts } from './stats.ts'
import type { OpenWire } from './wire.ts'

export interface Delivery {
  readonly isOpen: () => boolean
  /** Frames under way. */
  readonly flight: ReadonlySet<Frame>
  /** Tells of a new frame of the backlog, and sends what may be sent now. */
  begin(frame: Frame): void
  /** Ends it for good. What is not settled is given up unless it `isKept`, and so is the `rest`, which is in no frame. */
  close(isKept: boolean, rest: Uint8Array): void
}

/** Reasons that last until somebody changes the server's configuration or registry. */
const LASTING = /^(unknown-(device|metric)|series-limit|unauthorized)$/

/**
 * Sends the backlog's frames until each one is settled, and does what the server's answers ask for. `changed` is called
 * when frames may have been settled: there may be room, and what was waited for may be done.
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
  emit: Emit,
  changed: () => void,
): Delivery {
  const { clock, maxAgeMs } = settings
  const { frames } = backlog
  /** Ascending. */
  const flight = new Set<Frame>()
  const latest = () => [...flight].at(-1)
  let pausedUntilMs = 0
  /** Frames up to this number go one at a time, to find the one that is not understood. */
  let singlyUpTo = 0
  /** Whether the server said of a frame of this connection that it couldn't read it: it closes the connection after some. */
  let isMalformedTold = false
  let cancelWake: (() => void) | undefined

  const link = newLink(settings, openWire, backlog.name, flight, {
    opened() {
      counts.connections++
      counts.credit = 0
      isMalformedTold = false
      emit('connected')
      goOn()
    },
    message(bytes) {
      const reply = replyOf(bytes)
      if (reply) {
        answered(reply)
        goOn()
      } else {
        counts.unreadableReplies++
        link.drop('an answer that is no reply')
      }
      return !!reply
    },
    closed(code, reason, retryInMs) {
      const isBadMessage = code === NOT_UNDERSTOOD || code === TOO_LONG
      if (isBadMessage && !isMalformedTold) suspect(`closed with ${code} ${reason}`)
      recall()
      changed()
      emit('disconnected', code, reason, retryInMs)
    },
  })
  const endSweep = clock.every(SWEEP_MS, () => {
    giveUpOlder(clock.epochMs() - maxAgeMs, 'age')
    goOn()
  })

  function recall(): void {
    for (const frame of flight) frame.isUncertain = true
    flight.clear()
  }

  function goOn(): void {
    changed()
    pump()
  }

  /** Sends what may be sent now. */
  function pump(): void {
    if (backlog.renew()) return link.drop('begins again under another name')
    const nowMs = clock.nowMs()
    const first = backlog.oldestSeq()
    const end = Math.min(first + SEQ_SPAN + 1, backlog.nextSeq())
    const most = first > singlyUpTo ? Math.min(settings.window, counts.credit || Infinity) : 1
    const sentUpTo = latest()?.seq ?? 0
    let wakeMs = Infinity
    cancelWake?.()
    for (let seq = first; seq < end && flight.size < most && link.isOpen(); seq++) {
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
    const { bytes } = frame
    // what can't be read back from the store is lost
    if (!bytes.length) return settle(frame, null, 'storage-failed')
    if (frame.isUncertain || frame.tries) counts.framesResent++
    link.send(bytes)
    flight.add(frame)
  }

  function answered([seq, status, reason, retryAfterMs, refused, credit]: Reply): void {
    const isMalformed = status === MALFORMED
    if (credit) counts.credit = credit
    if (isMalformed) isMalformedTold = true
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
    if (indexes?.length !== 0) giveUp(frame, indexes, reason)
    if (indexes) acknowledged(frame, indexes)
    backlog.settle(frame)
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
    const waitMs = fullJitter(settings.retryMs, settings.retryMaxMs, frame.tries++, settings.random)
    counts.refused[reason] = (counts.refused[reason] ?? 0) + (indexes?.length ?? frame.count)
    frame.isUncertain = false
    frame.dueMs = clock.nowMs() + Math.max(waitMs, retryAfterMs)
    if (!indexes && !isLasting) pausedUntilMs = Math.max(pausedUntilMs, frame.dueMs)
    const isHopeless =
      // the server takes a sample only, and this was not in it
      reason === 'sampled' ||
      frame.tries >= settings.maxTries ||
      (isLasting && frame.tries >= settings.maxTriesLasting) ||
      frame.createdMs < clock.epochMs() - maxAgeMs ||
      (indexes && !frame.bytes.length)
    // the others of the frame were taken, so those go into a frame with a number of its own
    const again = indexes && !isHopeless ? backlog.replace(frame, indexes) : null
    emit('refused', summaryOf(frame), reason, indexes, again && summaryOf(again))
    if (again) acknowledged(frame, indexes!)
    else if (isHopeless) settle(frame, indexes, reason)
  }

  function giveUp(frame: Frame, indexes: readonly number[] | null, reason: string): void {
    const all = summaryOf(frame).readings()
    counts.givenUp += indexes?.length ?? frame.count
    tellGivenUp(emit, {
      readings: indexes?.map((index) => all[index]) ?? all,
      seq: frame.seq,
      reason,
      tries: frame.tries,
      isUncertain: frame.isUncertain,
    })
  }

  const summaryOf = (frame: Frame): FrameSummary => ({
    seq: frame.seq,
    count: frame.count,
    readings: () => readingsOf(frame.bytes),
  })

  /** What waits, was handed over before and is not under way. */
  function giveUpOlder(thanMs: number, reason: string): void {
    for (const frame of frames.values())
      if (frame.createdMs < thanMs && !flight.has(frame)) settle(frame, null, reason)
  }

  return {
    isOpen: link.isOpen,
    flight,
    begin(frame) {
      emit('sealed', summaryOf(frame))
      pump()
    },
    close(isKept, rest) {
      link.close()
      endSweep()
      cancelWake?.()
      recall()
      if (!isKept) giveUpOlder(Infinity, 'closed')
      if (rest.length) giveUp(frameOf(0, rest, newCourse(0)), null, 'closed')
    },
  }
}
