/** Whether an overloaded engine kept its word: every reading accounted for, every refusal told to its sender. */
import type { Stats } from '../../src/core/stats.ts'
import type { LoadReport } from '../../src/load/report.ts'
import type { TierRates } from './tiered-load.ts'

/** Least share of all that is served which standard keeps when it asks for more (tiers.shares). */
const STANDARD_SHARE = 0.25
/** What counts as having been served all that was offered: looks at the figures are not quite simultaneous. */
const NEARLY_ALL = 0.95

export function overloadCheck(
  { account }: Stats,
  { served, offered, servedInAll }: TierRates,
  reports: readonly LoadReport[],
): string {
  const sum = (of: (report: LoadReport) => number): number =>
    reports.reduce((total, one) => total + of(one), 0)
  const told = sum(({ refused }) => refused.readings)
  const sent = sum(({ readings }) => readings)
  const unanswered = sum(({ acknowledged }) => acknowledged?.unanswered ?? 0)
  const faults = [
    told === account.refused ? '' : `${account.refused} refused, of which ${told} told`,
    unanswered === 0 ? '' : `${unanswered} frames unanswered`,
    sent === account.received ? '' : `${sent} sent, ${account.received} received`,
    account.accepted === account.processed + account.deadLettered ? '' : 'accepted but not processed',
    served.standard >= Math.min(NEARLY_ALL * offered.standard, STANDARD_SHARE * servedInAll)
      ? ''
      : 'standard short of its share',
  ].filter((fault) => fault !== '')
  const summary = `${account.refused} of ${sent} refused, all told; ${Math.round(servedInAll)} readings/s served`
  return faults.length === 0 ? summary : `FAULTY: ${faults.join(', ')}`
}
