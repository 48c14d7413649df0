/** Milliseconds, or a text of numbers with units, the largest first: `250ms`, `5m`, `1h30m`, `-30s`. */
export type Duration =
  | number
  | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`
  | `${number}${'s' | 'm' | 'h' | 'd'}${number}${string}`

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
const FORM =
  /^-?(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/

/** Undefined: it is no duration. */
export function durationMs(duration: unknown): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) ? duration : undefined
  if (typeof duration !== 'string' || !/\d/.test(duration)) return undefined
  const found = FORM.exec(duration)
  if (found === null) return undefined
  const units = Object.values(UNITS)
  const ms = found
    .slice(1)
    .reduce((sum, count, index) => sum + (count === undefined ? 0 : Number(count) * units[index]), 0)
  return duration.startsWith('-') ? -ms : ms
}
