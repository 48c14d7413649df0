import type { Anomaly, CorrelatorOptions } from '../../src/incidents/correlation.ts'
import ngeohash from 'ngeohash'

interface Seen extends Anomaly {
  readonly group: Readonly<Record<string, string>>
  readonly cell: string
  part: Part
}

/** Anomalies that belong together. */
interface Part {
  isOpen: boolean
  openedAt: number
  calmSince: number
  readonly abnormal: Set<string>
}

export interface BruteIncident {
  readonly members: number
  readonly abnormal: number
  readonly anomalies: number
  readonly startsAt: number
  readonly updatedAt: number
  readonly devices: readonly number[]
}

/** What the correlator does, by comparing each anomaly with all before it. */
export class BruteCorrelator {
  readonly #options: CorrelatorOptions
  #seen: Seen[] = []
  readonly happened: string[] = []

  constructor(options: CorrelatorOptions) {
    this.#options = options
  }

  take(anomaly: Anomaly): void {
    const { near, withinMs, minMembers } = this.#options
    const cell = near === 0 ? '' : ngeohash.encode(anomaly.lat, anomaly.lon, near)
    const around = new Set(near === 0 ? [''] : [cell, ...ngeohash.neighbors(cell)])
    const belongs = (other: Seen): boolean => {
      if (JSON.stringify(other.group) !== JSON.stringify(anomaly.group)) return false
      if (other.device === anomaly.device) return true
      if (!around.has(other.cell) || anomaly.time < other.time - withinMs) return false
      return other.part.isOpen || anomaly.time <= other.time + withinMs
    }
    const parts = [...new Set(this.#seen.filter(belongs).map(({ part }) => part))]
    const part: Part = { isOpen: false, openedAt: Infinity, calmSince: -Infinity, abnormal: new Set() }
    for (const old of parts) {
      for (const series of old.abnormal) part.abnormal.add(series)
      part.calmSince = Math.max(part.calmSince, old.calmSince)
      part.isOpen ||= old.isOpen
      part.openedAt = Math.min(part.openedAt, old.openedAt)
    }
    for (const other of this.#seen) if (parts.includes(other.part)) other.part = part
    this.#seen.push({ ...anomaly, cell, part })
    part.abnormal.add(`${anomaly.device} ${anomaly.metric}`)
    for (const old of parts.filter(({ isOpen }) => isOpen).slice(1))
      this.happened.push(`merged ${+old.isOpen}`)
    if (part.isOpen || this.#devicesOf(part).size < minMembers) return
    part.isOpen = true
    part.openedAt = Math.max(...this.#of(part).map(({ time }) => time))
    this.happened.push(`opened ${this.#devicesOf(part).size}`)
  }

  recover(device: number, metric: number, time: number): void {
    const hasOther = (part: Part): boolean => [...part.abnormal].some((one) => one.startsWith(`${device} `))
    for (const part of this.#parts()) {
      if (part.abnormal.delete(`${device} ${metric}`) && !hasOther(part))
        part.calmSince = Math.max(part.calmSince, time)
    }
  }

  advance(now: number): void {
    const { withinMs, latenessMs, quietMs, silenceMs } = this.#options
    for (const part of this.#parts()) {
      const last = Math.max(...this.#of(part).map(({ time }) => time))
      const since = Math.max(last, part.calmSince)
      const isQuiet = part.abnormal.size === 0 && since + quietMs <= now
      const isOver = part.isOpen ? isQuiet || since + silenceMs <= now : last + withinMs + latenessMs < now
      if (!isOver) continue
      if (part.isOpen) this.happened.push(`ended ${isQuiet ? 'quiet' : 'silent'}`)
      this.#seen = this.#seen.filter((other) => other.part !== part)
    }
  }

  incidents(): BruteIncident[] {
    return this.#parts()
      .filter(({ isOpen }) => isOpen)
      .map((part) => ({
        members: this.#devicesOf(part).size,
        abnormal: new Set([...part.abnormal].map((series) => series.split(' ')[0])).size,
        anomalies: this.#of(part).length,
        startsAt: Math.min(...this.#of(part).map(({ time }) => time)),
        updatedAt: Math.max(...this.#of(part).map(({ time }) => time)),
        devices: this.#byOnset(part),
      }))
  }

  #byOnset(part: Part): number[] {
    const onset = (device: number): number =>
      Math.min(...this.#of(part).flatMap((other) => (other.device === device ? [other.time] : [])))
    return [...this.#devicesOf(part)].sort((a, b) => onset(a) - onset(b) || a - b)
  }

  #parts(): Part[] {
    return [...new Set(this.#seen.map(({ part }) => part))]
  }

  #of(part: Part): Seen[] {
    return this.#seen.filter((other) => other.part === part)
  }

  #devicesOf(part: Part): Set<number> {
    return new Set(this.#of(part).map(({ device }) => device))
  }
}
