import type { Clock } from '../core/clock.ts'
import type { Escalation, EscalationStats, RaisedDevice } from '../core/escalation.ts'
import { Escalator } from '../incidents/escalator.ts'
import type { Config } from './config/config.ts'
import type { Directory } from './directory.ts'

export interface EscalationDeskParts {
  readonly config: Config['escalation']
  readonly clock: Clock
  readonly directory: Directory
  readonly tell: (escalation: Escalation) => void
}

/** What escalation needs of an anomaly. */
interface Sighting {
  readonly device: number
  readonly metric: number
  readonly lat: number
  readonly lon: number
}

const ADVANCE_EVERY_MS = 200

/** Priority escalation in the engine: anomalies in, tiers for the router out. */
export class EscalationDesk {
  /** What is taken comes from before the engine's last end, and raises nobody any more. */
  isReplaying = false
  /** No rule is configured. */
  readonly isIdle: boolean
  readonly #parts: EscalationDeskParts
  readonly #escalator: Escalator
  readonly #stop: () => void

  constructor(parts: EscalationDeskParts) {
    const { config, clock, directory, tell } = parts
    const { registry } = directory
    this.#parts = parts
    this.isIdle = config.rules.length === 0
    this.#escalator = new Escalator({
      ...{ ...config, fleet: registry, tell },
      show: (device, tier) => directory.showTier(device, tier),
    })
    if (this.isIdle) {
      this.#stop = () => undefined
      return
    }
    // behind the listener that shows the router what the registry says
    const leave = registry.onChange(({ device, previous, removed }) =>
      this.#escalator.changed(device, previous, removed === true),
    )
    const endTimer = clock.every(ADVANCE_EVERY_MS, () => this.#escalator.advance(clock.nowMs()))
    this.#stop = () => {
      leave()
      endTimer()
    }
  }

  /** Null where no rule is configured. */
  get stats(): EscalationStats | null {
    return this.isIdle ? null : this.#escalator.stats
  }

  /** Up to `limit` devices that are raised. */
  list(limit: number): RaisedDevice[] {
    return this.#escalator.list(limit, this.#parts.clock.nowMs())
  }

  take({ device, metric, lat, lon }: Sighting): void {
    if (this.isIdle || this.isReplaying) return
    const { clock, directory } = this.#parts
    const cause = {
      device,
      name: directory.deviceName(device),
      metric: directory.metricName(metric),
      lat,
      lon,
    }
    this.#escalator.take(cause, clock.nowMs())
  }

  close(): void {
    this.#stop()
  }
}
