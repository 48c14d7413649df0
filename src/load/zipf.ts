import type { Random } from '../core/random.ts'

/**
 * Numbers 0 … count − 1 with probability proportional to 1/(n+1)^exponent, in constant time and memory: rejection-
 * inversion after W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions" (1996).
 */
export function zipf(count: number, exponent: number, random: Random): () => number {
  const integral = (x: number) =>
    exponent === 1 ? Math.log(x) : (Math.pow(x, 1 - exponent) - 1) / (1 - exponent)
  const inverse = (y: number) =>
    exponent === 1
      ? Math.exp(y)
      : Math.pow(Math.max(Number.MIN_VALUE, 1 + y * (1 - exponent)), 1 / (1 - exponent))
  const height = (x: number) => Math.pow(x, -exponent)
  const first = integral(1.5) - 1
  const last = integral(count + 0.5)
  const shortcut = 2 - inverse(integral(2.5) - height(2))
  return () => {
    for (;;) {
      const area = last + random() * (first - last)
      const x = inverse(area)
      const rank = Math.min(count, Math.max(1, Math.round(x)))
      if (rank - x <= shortcut || area >= integral(rank + 0.5) - height(rank)) return rank - 1
    }
  }
}
