import type { Frame } from './frame.ts'

const COMPACT_FROM = 1024

/** Frames in ascending order of their numbers; cheap at both ends. */
export class FrameQueue {
  #frames: Frame[] = []
  #head = 0

  get length(): number {
    return this.#frames.length - this.#head
  }

  get first(): Frame | undefined {
    return this.#frames[this.#head]
  }

  get last(): Frame | undefined {
    return this.length > 0 ? this.#frames[this.#frames.length - 1] : undefined
  }

  at(index: number): Frame {
    return this.#frames[this.#head + index]
  }

  /** Puts a frame at its place. */
  insert(frame: Frame): void {
    const { last } = this
    if (last === undefined || last.seq < frame.seq) return void this.#frames.push(frame)
    // what comes back was among the first
    let at = this.#head
    while (this.#frames[at].seq < frame.seq) at++
    this.#frames.splice(at, 0, frame)
  }

  /** Takes out the frame at `index`. */
  removeAt(index: number): Frame {
    const frame = this.at(index)
    const end = this.#head + index
    this.#frames.copyWithin(this.#head + 1, this.#head, end)
    this.#head++
    if (this.#head >= COMPACT_FROM && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head)
      this.#head = 0
    }
    return frame
  }

  /** Index of a number among the first `within` frames, or −1. */
  indexOf(seq: number, within = this.length): number {
    for (let i = 0; i < within && this.at(i).seq <= seq; i++) if (this.at(i).seq === seq) return i
    return -1
  }

  /** Takes out all. */
  drain(): Frame[] {
    const frames = this.#frames.slice(this.#head)
    this.#frames = []
    this.#head = 0
    return frames
  }
}
