import type { Segment } from '../../storage/journal/segment.ts'

/** How far a replay has got, by the bytes of the segments that it reads. */
export class ReplayProgress {
  readonly #starts = new Map<string, number>()
  readonly #bytes: number
  #first: number | undefined

  constructor(segments: readonly Pick<Segment, 'name' | 'header'>[]) {
    let at = 0
    for (const { name, header } of segments) {
      this.#starts.set(name, at)
      at += header?.segmentBytes ?? 0
    }
    this.#bytes = at
  }

  /** From 0 to 1; the first record that is asked about is where it begins. */
  share({ segment, offset }: { readonly segment: string; readonly offset: number }): number {
    const at = (this.#starts.get(segment) ?? this.#bytes) + offset
    const first = (this.#first ??= at)
    return first >= this.#bytes ? 0 : Math.min(1, (at - first) / (this.#bytes - first))
  }
}
