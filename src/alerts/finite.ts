/** Numbers that JSON can say: a z-score over no deviation is infinite, over nothing at all is none. */
export function finite(number: number): number {
  if (Number.isNaN(number)) return 0
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, number))
}
