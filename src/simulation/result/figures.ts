/** Numbers as people read them. */

export const number = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 })

export const percent = (share: number): string => `${number(share * 100)} %`

export function milliseconds(ms: number): string {
  if (Number.isNaN(ms)) return '–'
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  return ms < 120_000 ? `${number(ms / 1000)} s` : `${number(ms / 60_000)} min`
}
