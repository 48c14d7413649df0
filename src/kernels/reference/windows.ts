import { WINDOW_MS } from '../../memory/layout/series.layout.ts'

/** Twin of asm/windows.ts: a series' readings ever, and those of the latest minute of event time. */
export interface Window {
  total: number
  start: number
  count: number
  sum: number
  min: number
  max: number
  last: number
  lastTime: number
}

export const newWindow = (): Window => ({
  total: 0,
  start: 0,
  count: 0,
  sum: 0,
  min: 0,
  max: 0,
  last: 0,
  lastTime: 0,
})

/** Readings of an earlier minute than the latest are counted in `total` only. */
export function applyReading(window: Window, time: number, value: number): void {
  const isFirst = window.total === 0
  if (isFirst || time >= window.start + WINDOW_MS) startMinute(window, time, value)
  else if (time >= window.start) {
    window.count++
    window.sum += value
    window.min = Math.min(window.min, value)
    window.max = Math.max(window.max, value)
  }
  if (isFirst || time >= window.lastTime) {
    window.last = value
    window.lastTime = time
  }
  window.total++
}

function startMinute(window: Window, time: number, value: number): void {
  window.start = Math.floor(time / WINDOW_MS) * WINDOW_MS
  window.count = 1
  window.sum = value
  window.min = value
  window.max = value
}
