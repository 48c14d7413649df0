/** What a Retry-After header asks for, in milliseconds from now: seconds, or a date. 0 if it says nothing of use. */
export function retryAfterMs(header: string, nowEpochMs: number): number {
  const value = header.trim()
  if (/^[0-9]+$/.test(value)) return Number(value) * 1000
  const dateMs = Date.parse(value)
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowEpochMs)
}
