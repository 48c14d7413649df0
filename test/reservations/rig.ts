/** A book of reservations in a made-up world: time, capacity, devices and hooks as the test says. */
import { seededRandom } from '../../src/core/random.ts'
import type { Device } from '../../src/core/device.ts'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { MaintenanceEvent, MaintenanceSpec } from '../../src/reservations/maintenance.ts'
import type { HookAnswer, HookCall, ReservationPorts } from '../../src/reservations/ports.ts'
import {
  type Admitted,
  type KeptReservations,
  ReservationBook,
} from '../../src/reservations/reservation-book.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** A Monday. */
export const START = Date.UTC(2027, 0, 4)

export const device = (name: string, over: Partial<Device> = {}): Device => ({
  ...{ name, id: deviceIdOf(name), tier: 'standard', region: '', tenant: 'acme', lat: null, lon: null },
  attributes: {},
  ...over,
})

export const spec = (name: string, over: Partial<MaintenanceSpec> = {}): MaintenanceSpec => ({
  ...{ name, kind: 'firmware-update', startsAt: START + HOUR, timeZone: 'UTC', rrule: '', durationMs: HOUR },
  ...{
    capacity: { units: 0 },
    use: 'operation',
    leadMs: 5 * MINUTE,
    devices: [],
    resources: [],
    dependsOn: [],
  },
  rollout: { wave: { share: 1 }, growth: 1, pauseMs: 0 },
  ...{ abort: null, drainMs: 0, hook: '', timeoutMs: 0, unreported: 'TIMED_OUT' },
  retry: { limit: 0, firstMs: 10 * MINUTE, maxMs: DAY },
  ...{ missed: 'late', holdAlerts: true },
  ...over,
})

interface World {
  readonly devices?: readonly Device[]
  readonly kept?: KeptReservations
  readonly clock?: VirtualClock
  readonly limits?: { readonly jobs?: number; readonly devices?: number; readonly past?: number }
  /** Of hooks; those named `webhook…` go on without the process. */
  readonly answer?: (call: HookCall) => Promise<HookAnswer>
  readonly begun?: boolean
  readonly drain?: ReservationPorts['drain']
}

export function world({
  devices = [],
  kept,
  clock = new VirtualClock(START),
  limits,
  answer,
  drain,
  begun = true,
}: World = {}) {
  const state = {
    fleet: new Map(devices.map((one) => [one.name, one])),
    ceiling: 10,
    /** Units that the load needs. */
    needed: (_from: number, _until: number): number => 2,
    calls: [] as { call: HookCall; signal: AbortSignal }[],
    holds: new Map<string, { byTerms: boolean; devices: readonly string[]; until: number; reason: string }>(),
    events: [] as MaintenanceEvent[],
    failures: [] as unknown[],
    changes: 0,
    tokens: 0,
    heldEver: 0,
  }
  const ports: ReservationPorts = {
    ...{ clock, random: seededRandom(7) },
    outlook: {
      get ceiling() {
        return state.ceiling
      },
      neededBetween: (from, until) => state.needed(from, until),
    },
    devices: { all: () => state.fleet.values(), has: (name) => state.fleet.has(name) },
    hooks: {
      names: ['flash', 'webhook'],
      outlives: (hook) => hook.startsWith('webhook'),
      start(call, signal) {
        state.calls.push({ call, signal })
        return answer?.(call) ?? Promise.resolve({ status: 'IN_PROGRESS', message: '' })
      },
    },
    alerts: {
      hold(selector, names, until, reason) {
        const id = `hold-${++state.heldEver}`
        state.holds.set(id, { byTerms: selector !== null, devices: names, until, reason })
        return [id]
      },
      release: (ids) => ids.forEach((id) => state.holds.delete(id)),
      coversNew: ({ terms }) => terms.every(({ of }) => of === 'tenant'),
    },
    drain: drain ?? (() => Promise.resolve(true)),
    newToken: () => `token-${++state.tokens}`,
    tell: (event) => state.events.push(event),
    changed: () => state.changes++,
    failed: (error) => state.failures.push(error),
  }
  const all = { jobs: 100, devices: 1000, past: 5, horizonMs: 14 * DAY, ...limits }
  const book = new ReservationBook(ports, all)
  if (kept !== undefined) book.restore(kept)
  if (begun) book.begin()
  const add = (one: MaintenanceSpec): Admitted => book.add(one)
  return {
    ...{ book, clock, state, add },
    /** Lets time pass, and what was promised meanwhile come true. */
    pass: async (ms: number): Promise<void> => {
      clock.advance(ms)
      await settled()
    },
    /** What has been told of a job, without progress. */
    told: (job: string): string[] =>
      state.events
        .filter((event) => event.job === job && event.change !== 'progress')
        .map(({ change }) => change),
    statuses: (job: string): Record<string, string> =>
      Object.fromEntries(book.executions(job).map(({ device, status }) => [device, status])),
    /** As a new process finds it. */
    kept: (): KeptReservations => JSON.parse(JSON.stringify(book.kept())) as KeptReservations,
  }
}

export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

export const fleet = (count: number, over: Partial<Device> = {}): Device[] =>
  Array.from({ length: count }, (_, i) => device(`d${i}`, over))
