import type { AlertBook } from '../../alerts/alert-book.ts'

/** Resolves what is open of a rule that is no more. */
export function endAlertsOf(book: AlertBook, rule: string): void {
  for (const alert of book.open())
    if (alert.rule === rule)
      book.clear({ rule, series: BigInt(alert.series), key: alert.key, time: alert.updatedAt })
}
