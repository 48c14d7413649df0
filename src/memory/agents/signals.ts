import { addToWord, claimWord, observeCursor, publishCursor, waitForChange, wakeWaiters } from '../atomics.ts'
import * as A from '../layout/control.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'

/** With what a system adds to so short a time about 0.1 ms. */
const NAP_MS = 0.05

/**
 * How threads wake each other. A sleeper announces itself, looks for work once more and only then sleeps; a waker
 * publishes work first and looks for sleepers second: so no work is left lying, and nobody is called for nothing.
 */
export class Signals {
  readonly #i32: Int32Array
  readonly #control: number

  constructor(memory: SharedMemory, control: number) {
    this.#i32 = memory.i32
    this.#control = control
  }

  /** Router: sleeps until a producer commits. */
  sleepRouter(hasWork: () => boolean, timeoutMs: number): void {
    const signal = this.#control + A.CONTROL_ROUTER_SIGNAL
    const before = observeCursor(this.#i32, signal)
    publishCursor(this.#i32, this.#control + A.CONTROL_ROUTER_SLEEPING, 1)
    if (!hasWork()) waitForChange(this.#i32, signal, before, timeoutMs)
    publishCursor(this.#i32, this.#control + A.CONTROL_ROUTER_SLEEPING, 0)
  }

  /** Router: rests for a moment in which nobody has to wake it, because more is to be expected soon. */
  napRouter(): void {
    this.#nap(A.CONTROL_ROUTER_SIGNAL)
  }

  /** Producer: a frame has been committed. */
  wakeRouter(): void {
    if (observeCursor(this.#i32, this.#control + A.CONTROL_ROUTER_SLEEPING) === 0) return
    const signal = this.#control + A.CONTROL_ROUTER_SIGNAL
    addToWord(this.#i32, signal, 1)
    wakeWaiters(this.#i32, signal)
  }

  /** Worker: sleeps until there is something in a lane. */
  sleepWorker(hasWork: () => boolean, timeoutMs: number): void {
    const signal = this.#control + A.CONTROL_WORK_SIGNAL
    const sleepers = this.#control + A.CONTROL_WORK_SLEEPERS
    const before = observeCursor(this.#i32, signal)
    addToWord(this.#i32, sleepers, 1)
    if (!hasWork()) waitForChange(this.#i32, signal, before, timeoutMs)
    addToWord(this.#i32, sleepers, -1)
  }

  /** Worker: as `napRouter`. */
  napWorker(): void {
    this.#nap(A.CONTROL_WORK_SIGNAL)
  }

  /** Router: lanes have been published. */
  wakeWorkers(): void {
    if (observeCursor(this.#i32, this.#control + A.CONTROL_WORK_SLEEPERS) <= 0) return
    const signal = this.#control + A.CONTROL_WORK_SIGNAL
    addToWord(this.#i32, signal, 1)
    wakeWaiters(this.#i32, signal)
  }

  /** Journal: sleeps until the router has got on. */
  sleepJournal(hasWork: () => boolean, timeoutMs: number): void {
    const signal = this.#control + A.CONTROL_JOURNAL_SIGNAL
    const before = observeCursor(this.#i32, signal)
    publishCursor(this.#i32, this.#control + A.CONTROL_JOURNAL_SLEEPING, 1)
    if (!hasWork()) waitForChange(this.#i32, signal, before, timeoutMs)
    publishCursor(this.#i32, this.#control + A.CONTROL_JOURNAL_SLEEPING, 0)
  }

  /** Router: the journal has something to write. */
  wakeJournal(): void {
    if (observeCursor(this.#i32, this.#control + A.CONTROL_JOURNAL_SLEEPING) === 0) return
    const signal = this.#control + A.CONTROL_JOURNAL_SIGNAL
    addToWord(this.#i32, signal, 1)
    wakeWaiters(this.#i32, signal)
  }

  /** Control plane: everybody looks up, for example because they are to stop. */
  wakeAll(): void {
    for (const signal of [A.CONTROL_WORK_SIGNAL, A.CONTROL_ROUTER_SIGNAL, A.CONTROL_JOURNAL_SIGNAL]) {
      addToWord(this.#i32, this.#control + signal, 1)
      wakeWaiters(this.#i32, this.#control + signal)
    }
  }

  #nap(word: number): void {
    const signal = this.#control + word
    waitForChange(this.#i32, signal, observeCursor(this.#i32, signal), NAP_MS)
  }
}

/** Whom the main thread wants to hear from. */
const ARMED_FOR_EGRESS = 1
const ARMED_FOR_ANSWERS = 3

/** Calls the main thread, at most once between two of its looks. */
export class Doorbell {
  readonly #i32: Int32Array
  readonly #armed: number
  readonly #bell: number

  constructor(memory: SharedMemory, control: number) {
    this.#i32 = memory.i32
    this.#armed = control + A.CONTROL_DOORBELL_ARMED
    this.#bell = control + A.CONTROL_DOORBELL
  }

  /** Main thread: wants to be called, and looks once more after saying so. Returns what to wait on. */
  arm(answersWanted: boolean): { address: number; value: number } {
    const value = observeCursor(this.#i32, this.#bell)
    publishCursor(this.#i32, this.#armed, answersWanted ? ARMED_FOR_ANSWERS : ARMED_FOR_EGRESS)
    return { address: this.#bell, value }
  }

  /** Main thread: a frame that wants an answer is in the ring. */
  wantAnswers(): void {
    publishCursor(this.#i32, this.#armed, ARMED_FOR_ANSWERS)
  }

  /** Worker: something is in its egress ring. */
  ring(): void {
    const armed = observeCursor(this.#i32, this.#armed)
    if (armed !== 0 && claimWord(this.#i32, this.#armed, armed, 0)) this.#call()
  }

  /** Router: frames have been routed. */
  ringForAnswers(): void {
    if (claimWord(this.#i32, this.#armed, ARMED_FOR_ANSWERS, 0)) this.#call()
  }

  #call(): void {
    addToWord(this.#i32, this.#bell, 1)
    wakeWaiters(this.#i32, this.#bell)
  }
}
