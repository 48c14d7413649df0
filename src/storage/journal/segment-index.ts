import type { Segment } from './segment.ts'

/** A segment as the writer knows it. */
export interface IndexedSegment extends Segment {
  readonly bytes: number
}

/** The segments in the order of their records: which hold nothing any more that is needed, and where a time is found. */
export class SegmentIndex {
  readonly #segments: IndexedSegment[] = []

  add(segment: Segment, bytes: number): void {
    this.#segments.push({ ...segment, bytes })
  }

  remove({ number }: Segment): void {
    const index = this.#segments.findIndex((segment) => segment.number === number)
    if (index >= 0) this.#segments.splice(index, 1)
  }

  list(): readonly IndexedSegment[] {
    return [...this.#segments]
  }

  /** Those that hold nothing from `sequence` on, oldest first; never the newest. */
  before(sequence: number): readonly IndexedSegment[] {
    const all = this.#segments
    return all.filter((_, index) => index + 1 < all.length && all[index + 1].firstSequence <= sequence)
  }

  /** The segment that holds a record, if it is there. */
  atSequence(sequence: number): Segment | undefined {
    return this.#segments.findLast(({ firstSequence }) => firstSequence <= sequence)
  }

  /** The segment that was being written at `epochMs`; the oldest for any earlier time. */
  atTime(epochMs: number): Segment | undefined {
    const isBefore = ({ header }: Segment): boolean => header !== undefined && header.createdMs <= epochMs
    return this.#segments.findLast(isBefore) ?? this.#segments[0]
  }
}
