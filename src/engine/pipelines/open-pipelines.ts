import type { AlertBook } from '../../alerts/alert-book.ts'
import { ambientRandom } from '../../core/ambient.ts'
import type { Clock } from '../../core/clock.ts'
import { fileTexts } from '../../enrichment/file-texts.ts'
import type { DeadLetters } from '../../observability/dead-letters.ts'
import type { Lookup, PipelineAlert } from '../../pipelines/definition/outside.ts'
import type { SinkDesk } from '../../sinks/sink-desk.ts'
import { checkSink } from '../../sinks/sink-kinds.ts'
import type { AlertLog } from '../durability/alert-log.ts'
import type { Config } from '../config/config.ts'
import { LANE_CONSUMED, LANE_SHIFT } from '../../memory/layout/lanes.layout.ts'
import type { Foundation } from '../foundation.ts'
import type { Directory } from '../directory.ts'
import type { EventDesk } from '../engine-events.ts'
import type { WorkerPool } from '../worker-pool.ts'
import type { DerivedReadings } from './derived-readings.ts'
import { PipelineDesk } from './pipeline-desk.ts'
import { raisedBy } from './raised-by.ts'
import { openTables, type OutsidePorts, PipelineOutside } from './pipeline-outside.ts'
import { SharedDevices } from './shared-devices.ts'

export interface PipelinesParts {
  readonly config: Config
  readonly clock: Clock
  readonly directory: Directory
  readonly events: EventDesk
  readonly alerts: AlertBook
  readonly alertLog: AlertLog
  readonly deadLetters: DeadLetters
  readonly sinks: SinkDesk
  readonly derived: DerivedReadings
  readonly pool: Pick<WorkerPool, 'setStreams'>
  readonly foundation: Foundation
  readonly kept: readonly Uint8Array[]
  /** Takes in what workers have said so far. */
  readonly drain: () => void
  /** What a pipeline knew of its alerts is gone. */
  readonly onForgotten: (pipeline: string) => void
}

/** The desk of an engine's pipelines, and everything that they need; none is started yet. */
export function openPipelines(parts: PipelinesParts): PipelineDesk {
  const { config, clock, directory, events, deadLetters, sinks, derived, pool } = parts
  const { memory, plan } = parts.foundation
  const lookup = lookupOf(directory)
  let devices: SharedDevices | undefined
  const desk: PipelineDesk = new PipelineDesk({
    ...{ clock, lookup, maxPipelines: config.limits.pipelines },
    // made with the first pipeline: it takes a copy of what the registry knows
    devices: () => (devices ??= new SharedDevices(directory.registry, config.limits.devices)).buffer,
    setStreams: (prepare) => pool.setStreams(prepare),
    drain: parts.drain,
    onForgotten: parts.onForgotten,
    closingMs: config.shutdownTimeoutMs,
    checkSink,
    kept: parts.kept,
    consumed: (lane) => memory.u32[(plan.at.lanes + (lane << LANE_SHIFT) + LANE_CONSUMED) >>> 2],
    onWarning: (message) => events.tell('warning', message),
    openTables: (compiled) => openTables(compiled, ports),
    openOutside: (compiled, tables) => PipelineOutside.open(compiled, ports, tables),
  })
  const fail = (error: unknown): void => events.tell('failure', error)
  const ports: OutsidePorts = {
    ...{ clock, random: ambientRandom, files: fileTexts, lookup, sinks },
    onEmit: (topic, data, id) => events.tell('emit', { id, topic, data }),
    onAlert: (pipeline, alert, ticket) => tellAlert(parts, raisedBy(pipeline), alert, ticket),
    onReading: (pipeline, reading) => derived.add(pipeline, reading),
    onDeadLetter: (pipeline, letter) => deadLetters.addItem(pipeline, letter),
    onMove: (pipeline, { device, to, perSecond }) => {
      const name = directory.registry.nameOf(device) ?? String(device)
      events.tell('velocity', { pipeline, device: name, to, perSecond: Math.round(perSecond) })
    },
    onReferences: () => void desk.refresh().catch(fail),
    onProblem: fail,
  }
  return desk
}

const lookupOf = ({ registry, dictionary, regions }: Directory): Lookup => ({
  metricName: (id) => dictionary.byId(id)?.name ?? `#${id}`,
  metricId: (name) => dictionary.get(name)?.id,
  regionName: (index) => regions.names[index],
  device: (id) => registry.getById(id),
})

/** About a device or a series where the key is one, so that it is found by it. */
function tellAlert(
  { alerts, alertLog, directory }: PipelinesParts,
  by: string,
  alert: PipelineAlert,
  ticket: number | undefined,
): void {
  const { rule, key, clear, pending = false, labels = {}, severity, message, value, origin } = alert
  const region = regionOf(alert, directory)
  const series = seriesOf(alert, directory)
  const common = { rule, series, key, time: origin.time, value }
  const changed = clear
    ? alerts.clear(common)
    : alerts.raise({ ...common, severity, message, score: 0, region, labels, pending, raisedBy: by })
  if (changed !== undefined && ticket !== undefined) alertLog.note(ticket, changed)
}

/** Results of windows by device come from no region; the device may be at home in one. */
function regionOf({ origin: { region, device } }: PipelineAlert, { registry, regions }: Directory): string {
  const home = region === 0 && device !== 0 ? registry.getById(device)?.region : undefined
  return home || regions.names[region]
}

/** With the metric only where the key says no more than the series: others of this series would be taken for the same. */
function seriesOf({ key, origin: { device, metric } }: PipelineAlert, directory: Directory): bigint {
  const ofDevice = BigInt(device) << 16n
  if (device === 0 || metric === 0) return ofDevice
  const ending = `/${directory.dictionary.byId(metric)?.name ?? `#${metric}`}`
  if (!key.endsWith(ending)) return ofDevice
  const name = key.slice(0, -ending.length)
  const isDevice =
    name === directory.registry.nameOf(device) ||
    name === `#${device.toString(16)}` ||
    name === String(device)
  return isDevice ? ofDevice | BigInt(metric) : ofDevice
}
