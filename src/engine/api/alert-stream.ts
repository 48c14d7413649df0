/**
 * Alerts as server-sent events named `raised`, `updated` and `resolved`. An alert opening or closing is sent at once;
 * updates, of which there can be one per reading, are sent once a second with their latest state. A comment keeps the
 * connection open through proxies while nothing happens.
 */
import type { AlertNews } from '../../alerts/alert-news.ts'
import type { Alert, AlertChange } from '../../core/alert.ts'
import type { Clock } from '../../core/clock.ts'
import type { HttpResponse } from '../../core/http.ts'

const UPDATES_EVERY_MS = 1000
const HEARTBEAT_EVERY_MS = 15_000

export const alertStream = (alerts: AlertNews, clock: Clock): HttpResponse => ({
  status: 200,
  contentType: 'text/event-stream',
  body: '',
  headers: { 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  stream: (write) => follow(alerts, clock, write),
})

function follow(alerts: AlertNews, clock: Clock, write: (chunk: string) => void): () => void {
  const waiting = new Map<string, Alert>()
  write(': following alerts\n\n')
  const leave = alerts.subscribe((alert, change) => {
    if (change === 'updated') {
      waiting.set(alert.id, alert)
      return
    }
    waiting.delete(alert.id)
    write(eventOf(alert, change))
  })
  const endUpdates = clock.every(UPDATES_EVERY_MS, () => {
    for (const alert of waiting.values()) write(eventOf(alert, 'updated'))
    waiting.clear()
  })
  const endHeartbeat = clock.every(HEARTBEAT_EVERY_MS, () => write(': heartbeat\n\n'))
  return () => {
    leave()
    endUpdates()
    endHeartbeat()
  }
}

const eventOf = (alert: Alert, change: AlertChange): string =>
  `event: ${change}\ndata: ${JSON.stringify(alert)}\n\n`
