/*
 * Ids of results have their keys in base 36, and `toString(36)` takes most of a microsecond. So digits are put together from
 * threes of them, which are made when they first come up.
 */
const THREE = 36 ** 3
const heads: (string | undefined)[] = []
const tails: (string | undefined)[] = []

/** A whole number from 0 on, as `toString(36)` has it. */
export function base36(number: number): string {
  if (number < THREE) return (heads[number] ??= number.toString(36))
  const tail = number % THREE
  return base36((number - tail) / THREE) + (tails[tail] ??= tail.toString(36).padStart(3, '0'))
}
