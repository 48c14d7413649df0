/**
 * Alerts as server-sent events named after the change. What happens to an alert is sent at once; updates, of which there
 * can be one per reading, are sent once a second with their latest state. A comment keeps the connection open through
 * proxies while nothing happens. Whoever comes back says which event came last, and gets what was missed as long as it is
 * kept.
 */
import type { AlertNews, AlertTold } from '../../alerts/alert-news.ts'
import type { Alert } from '../../core/alert.ts'
import type { Clock } from '../../core/clock.ts'
import type { HttpResponse } from '../../core/http.ts'

const UPDATES_EVERY_MS = 1000
const HEARTBEAT_EVERY_MS = 15_000

/** `after` = id of the event that came last, if there was one. */
export const alertStream = (alerts: AlertNews, clock: Clock, after: string | undefined): HttpResponse => ({
  status: 200,
  contentType: 'text/event-stream',
  body: '',
  headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  stream: (write) => follow(alerts, clock, after, write),
})

function follow(
  alerts: AlertNews,
  clock: Clock,
  after: string | undefined,
  write: (chunk: string) => void,
): () => void {
  const waiting = new Map<string, Alert>()
  write(': following alerts\n\n')
  if (after !== undefined) for (const told of alerts.since(after)) write(eventOf(told))
  const leave = alerts.follow((told) => {
    const { alert, change } = told
    if (change === 'updated') {
      waiting.set(alert.id, alert)
      return
    }
    waiting.delete(alert.id)
    write(eventOf(told))
  })
  const endUpdates = clock.every(UPDATES_EVERY_MS, () => {
    for (const alert of waiting.values()) write(eventOf({ alert, change: 'updated', id: undefined }))
    waiting.clear()
  })
  const endHeartbeat = clock.every(HEARTBEAT_EVERY_MS, () => write(': heartbeat\n\n'))
  return () => {
    leave()
    endUpdates()
    endHeartbeat()
  }
}

/** The name comes first, then the data: there are programs that read it line by line. */
const eventOf = ({ alert, change, id }: AlertTold): string =>
  `event: ${change}\ndata: ${JSON.stringify(alert)}\n${id === undefined ? '' : `id: ${id}\n`}\n`
