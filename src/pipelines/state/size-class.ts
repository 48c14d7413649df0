/**
 * Sizes that blocks come in: every 4 words up to 64, then four sizes to the doubling, so that at most a fifth of a block is
 * unused and few lists are needed.
 */
const FINE_WORDS = 64
const FINE_CLASSES = FINE_WORDS / 4

export function classOf(words: number): number {
  if (words <= FINE_WORDS) return (words + 3) >>> 2
  const octave = 31 - Math.clz32(words - 1)
  const quarter = (words - 1 - (1 << octave)) >>> (octave - 2)
  return FINE_CLASSES + 1 + (octave - 6) * 4 + quarter
}

export function wordsOf(sizeClass: number): number {
  if (sizeClass <= FINE_CLASSES) return sizeClass * 4
  const step = sizeClass - FINE_CLASSES - 1
  const octave = 6 + (step >>> 2)
  return (1 << octave) + (((step & 3) + 1) << (octave - 2))
}

/** The largest class that fits into `words`. */
export function classWithin(words: number): number {
  const sizeClass = classOf(words)
  return wordsOf(sizeClass) > words ? sizeClass - 1 : sizeClass
}
