/** An API over real registry, dictionary, alerts and records, with time and shared memory made up. */
import { AlertNews } from '../../../src/alerts/alert-news.ts'
import { AlertDesk } from '../../../src/alerts/alert-desk.ts'
import { lifeCycleOf } from '../../../src/engine/alert-options.ts'
import { alertsOptions } from '../../../src/engine/config/options/alerts.ts'
import { AlertBook } from '../../../src/alerts/alert-book.ts'
import type { Clock } from '../../../src/core/clock.ts'
import type { HttpRequest, HttpResponse } from '../../../src/core/http.ts'
import { DeviceRegistry } from '../../../src/devices/registry/device-registry.ts'
import { MetricsDictionary } from '../../../src/devices/registry/metrics-dictionary.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import { MaintenanceDesk } from '../../../src/engine/maintenance-desk.ts'
import { createApi } from '../../../src/engine/api/create-api.ts'
import type { EngineView, SeriesView } from '../../../src/engine/api/engine-view.ts'
import { IncidentBook } from '../../../src/incidents/incident-book.ts'
import { DeadLetterReplay } from '../../../src/observability/dead-letter-replay.ts'
import { DeadLetters } from '../../../src/observability/dead-letters.ts'
import { Quarantine } from '../../../src/observability/quarantine.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'
import { PipelineStreams } from '../../../src/sinks/stream/pipeline-streams.ts'
import { sampleStats } from '../../observability/sample-stats.ts'

interface ManualClock extends Clock {
  /** Lets time pass and runs what falls due. */
  pass(ms: number): void
  /** Timers that still run. */
  readonly running: number
}

function manualClock(): ManualClock {
  const tasks = new Set<{ readonly everyMs: number; readonly run: () => void; dueMs: number }>()
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    epochMs: () => 1_767_225_600_000 + nowMs,
    every(everyMs, run) {
      const task = { everyMs, run, dueMs: nowMs + everyMs }
      tasks.add(task)
      return () => tasks.delete(task)
    },
    after: () => {
      throw new Error('not used')
    },
    pass(ms) {
      const endMs = nowMs + ms
      for (;;) {
        const next = [...tasks].sort((a, b) => a.dueMs - b.dueMs)[0]
        if (next === undefined || next.dueMs > endMs) break
        nowMs = next.dueMs
        next.dueMs += next.everyMs
        next.run()
      }
      nowMs = endMs
    },
    get running() {
      return tasks.size
    },
  }
}

export interface Answer extends HttpResponse {
  /** The body as JSON. */
  readonly json: never
}

import { idleScaling } from './idle-scaling.ts'

export function fakeEngine(over: Partial<EngineView> = {}) {
  const clock = manualClock()
  const registry = new DeviceRegistry({
    rules: [{ match: 'pump-*', properties: { tier: 'premium' } }],
    defaults: { tier: 'standard' },
    admission: 'open',
    maxDevices: 50,
    regions: ['eu'],
  })
  const dictionary = new MetricsDictionary({
    admission: 'open',
    maxMetrics: 5,
    defaultAnomaly: { threshold: 4, direction: 'both', minDeviation: 0 },
  })
  const series = new Map<string, SeriesView>()
  const faults: unknown[] = []
  const incidents = new IncidentBook({
    correlations: [
      {
        ...{ name: 'fleet', near: 0, by: [], metrics: [], withinMs: 1000, minMembers: 2, quietMs: 1000 },
        ...{ silenceMs: 10_000, latenessMs: 0, maxTracked: 100, listedMembers: 10, maxOpen: 10 },
      },
    ],
    history: 10,
    names: { device: (id) => registry.nameOf(id) ?? `#${id.toString(16)}`, metric: () => 'value' },
    joined: () => undefined,
    valueOf: () => undefined,
  })
  const alerts = new AlertBook({
    clock,
    lifeCycle: lifeCycleOf(alertsOptions.parse({})),
    maxOpen: 100,
    history: 100,
    device: (id) => registry.getById(id),
    metricName: (id) => dictionary.byId(id)?.name,
  })
  const deadLetters = new DeadLetters(clock, 10)
  const alertDesk = new AlertDesk(alerts, clock)
  const { config } = parseConfig({ maintenance: { hooks: [{ name: 'own', callback: {} }] } })
  const maintenanceClock = new VirtualClock(clock.epochMs())
  const maintenance = new MaintenanceDesk({
    ...{
      config,
      clock: maintenanceClock,
      registry,
      alertDesk,
      outlook: { ceiling: 4, neededBetween: () => 1 },
    },
    ...{ raise: () => undefined, clear: () => undefined, drain: () => Promise.resolve(true) },
    ...{ tell: () => undefined, onWarning: () => undefined, onFailure: (error) => faults.push(error) },
  })
  maintenance.begin()
  const replayer = {
    replayed: [] as unknown[],
    /** Why nothing is taken; '' = it is. */
    reason: '',
  }
  const putBack = (what: unknown): string => {
    if (replayer.reason === '') replayer.replayed.push(what)
    return replayer.reason
  }
  const view = {
    clock,
    registry,
    dictionary,
    alerts,
    alertNews: new AlertNews(alerts),
    incidents: { stats: incidents.stats, book: incidents },
    escalation: { stats: null, list: () => [] },
    alertDesk,
    maintenance,
    quarantine: new Quarantine(clock, 10),
    deadLetters,
    notifications: { stats: () => [], groups: () => [], test: (name: string) => name === 'ops' },
    deadLetterReplay: new DeadLetterReplay(deadLetters, {
      reading: async (reading) => putBack(reading),
      item: (pipeline, node, item, origin) => putBack({ pipeline, node, item, origin }),
    }),
    pipelines: {
      list: () => [],
      start: () => Promise.reject(new Error('no modules here')),
      remove: () => Promise.reject(new Error('no pipelines here')),
    },
    streams: new PipelineStreams(clock),
    stats: () => sampleStats,
    prometheus: () => 'millrace_series 1\n',
    ready: () => ({ ready: true }) as const,
    series: (deviceId: number, metricId: number) => series.get(`${deviceId} ${metricId}`),
    authorize: () => 'ok' as const,
    fault: (error: unknown) => faults.push(error),
    scaling: idleScaling(clock, alerts),
    ...over,
  }
  const handle = createApi(view)
  const call = (method: string, target: string, body: unknown = '', authorization = ''): Answer => {
    const [path, query = ''] = target.split('?')
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const request: HttpRequest = { method, path, query, authorization, address: '127.0.0.1', body: bytes }
    return answerOf(handle(request) as HttpResponse)
  }
  /** The same for what is not answered at once. */
  const callLater = async (method: string, target: string, body: unknown = ''): Promise<Answer> => {
    const [path, query = ''] = target.split('?')
    const bytes = Buffer.from(JSON.stringify(body))
    return answerOf(
      await handle({ method, path, query, authorization: '', address: '127.0.0.1', body: bytes }),
    )
  }
  const answerOf = (response: HttpResponse): Answer => {
    const isJson = response.contentType.startsWith('application/json') && response.body !== ''
    return { ...response, json: (isJson ? JSON.parse(response.body) : undefined) as never }
  }
  const get = (target: string): Answer => call('GET', target)
  return {
    view,
    clock,
    registry,
    dictionary,
    incidents,
    series,
    faults,
    call,
    callLater,
    get,
    replayer,
    maintenanceClock,
  }
}
