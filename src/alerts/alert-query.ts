/** Which alerts, the latest change first, page by page. */
import type { Alert, AlertState } from '../core/alert.ts'
import type { AlertHistory } from './alert-history.ts'
import { type Matcher, matchesAll } from './matcher.ts'
import type { OpenAlert } from './open-alert.ts'

export interface AlertQuery {
  readonly state?: AlertState | undefined
  readonly rule?: string | undefined
  readonly device?: string | undefined
  readonly matchers?: readonly Matcher[] | undefined
  /** Whether receivers are told of it. */
  readonly suppressed?: boolean | undefined
  readonly acknowledged?: boolean | undefined
  readonly limit: number
  /** `next` of the page before. */
  readonly before?: number | undefined
}

export interface AlertPage {
  readonly alerts: readonly Alert[]
  /** Null after the last page. An alert that changes while pages are read moves to the front. */
  readonly next: number | null
}

interface Listed {
  readonly alert: Alert
  readonly sequence: number
}

export function pageOf(newest: OpenAlert | undefined, history: AlertHistory, query: AlertQuery): AlertPage {
  const { before = Infinity, limit } = query
  const alerts: Alert[] = []
  let last = 0
  for (const { alert, sequence } of merged(openOnes(newest, query), closedOnes(history, query))) {
    if (sequence >= before || !isWanted(alert, query)) continue
    if (alerts.length === limit) return { alerts, next: last }
    alerts.push(alert)
    last = sequence
  }
  return { alerts, next: null }
}

function* openOnes(newest: OpenAlert | undefined, { state }: AlertQuery): Generator<Listed> {
  if (state === 'resolved') return
  for (let open = newest; open !== undefined; open = open.older) yield open
}

function* closedOnes(history: AlertHistory, { state }: AlertQuery): Generator<Listed> {
  if (state === undefined || state === 'resolved') yield* history.newest()
}

/** Two lists, both the latest first, as one. */
function* merged(one: Generator<Listed>, other: Generator<Listed>): Generator<Listed> {
  let a = one.next()
  let b = other.next()
  while (a.done !== true || b.done !== true) {
    if (b.done === true || (a.done !== true && a.value.sequence > b.value.sequence)) {
      yield a.value as Listed
      a = one.next()
    } else {
      yield b.value
      b = other.next()
    }
  }
}

function isWanted(
  alert: Alert,
  { state, rule, device, matchers, suppressed, acknowledged }: AlertQuery,
): boolean {
  if (state !== undefined && alert.state !== state) return false
  if (rule !== undefined && alert.rule !== rule) return false
  if (device !== undefined && alert.device !== device) return false
  if (suppressed !== undefined && alert.suppressedBy.length > 0 !== suppressed) return false
  if (acknowledged !== undefined && (alert.acknowledged !== null) !== acknowledged) return false
  return matchers === undefined || matchesAll(matchers, alert.labels)
}
