import { join } from 'node:path'
import type { AlertBook } from '../../alerts/alert-book.ts'
import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import { fileTexts } from '../../enrichment/file-texts.ts'
import type { DeadLetters } from '../../observability/dead-letters.ts'
import type { Lookup, PipelineAlert } from '../../pipelines/definition/outside.ts'
import { NodeSinkDisk } from '../../sinks/node-sink-disk.ts'
import { SinkDesk } from '../../sinks/sink-desk.ts'
import { NodePoster } from '../../sinks/webhook/node-poster.ts'
import type { Config } from '../config/config.ts'
import type { Directory } from '../directory.ts'
import type { ReadingInput } from '../embedding/reading-input.ts'
import type { EventDesk } from '../engine-events.ts'
import type { WorkerPool } from '../worker-pool.ts'
import { PipelineDesk } from './pipeline-desk.ts'
import { type OutsidePorts, PipelineOutside } from './pipeline-outside.ts'
import { SharedDevices } from './shared-devices.ts'

export interface PipelinesParts {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly directory: Directory
  readonly events: EventDesk
  readonly alerts: AlertBook
  readonly deadLetters: DeadLetters
  readonly pool: Pick<WorkerPool, 'setStreams'>
  /** Takes in readings that pipelines make. */
  readonly feed: (readings: readonly ReadingInput[]) => void
}

export interface Pipelines {
  readonly desk: PipelineDesk
  readonly sinks: SinkDesk
  close(): Promise<void>
}

/** The pipelines of an engine and everything they need; none is started yet. */
export function openPipelines(parts: PipelinesParts): Pipelines {
  const { config, clock, random, directory, events, deadLetters, pool } = parts
  const lookup = lookupOf(directory)
  const sinks = openSinks(parts, lookup)
  let devices: SharedDevices | undefined
  const desk: PipelineDesk = new PipelineDesk({
    ...{ clock, lookup, maxPipelines: config.limits.pipelines },
    // made with the first pipeline: it takes a copy of what the registry knows
    devices: () => (devices ??= new SharedDevices(directory.registry, config.limits.devices)).buffer,
    setStreams: (streams) => pool.setStreams(streams),
    openOutside: (compiled) => PipelineOutside.open(compiled, ports),
  })
  const ports: OutsidePorts = {
    ...{ clock, random, files: fileTexts, lookup, sinks, closingMs: config.shutdownTimeoutMs },
    onEmit: (topic, data, { id }) => events.tell('emit', { id, topic, data }),
    onAlert: (_pipeline, alert) => tellAlert(parts.alerts, directory, alert),
    onReading: (pipeline, { device, metric, time, value }) => {
      if (typeof device === 'string') parts.feed([{ device, metric, time, value }])
      else events.tell('failure', new Error(`${pipeline}: device ${device} has no name, so ${metric} has no series`))
    },
    onDeadLetter: (pipeline, letter) => deadLetters.addItem(pipeline, letter),
    onReferences: () => void desk.share().catch((error: unknown) => events.tell('failure', error)),
    onProblem: (error) => events.tell('failure', error),
  }
  const close = async (): Promise<void> => {
    await desk.close()
    await sinks.close(config.shutdownTimeoutMs)
    devices?.close()
  }
  return { desk, sinks, close }
}

function openSinks({ config, clock, random, events, deadLetters }: PipelinesParts, names: Lookup): SinkDesk {
  return new SinkDesk({
    ...{ clock, random, names, disk: new NodeSinkDisk(), poster: new NodePoster() },
    print: (text) => new Promise((resolve) => process.stdout.write(text, () => resolve())),
    results: {
      isHeard: () => events.isHeard('result'),
      tell: (result) => events.tell('result', result),
    },
    env: (name) => process.env[name],
    spillFolder: config.dataDir === null ? null : join(config.dataDir, 'sinks'),
    onDeadLetter: (pipeline, letter) => deadLetters.addItem(pipeline, letter),
  })
}

function lookupOf({ registry, dictionary, regions, metricName }: Directory): Lookup {
  return {
    metricName: (id) => dictionary.byId(id)?.name ?? `#${id}`,
    metricId: (name) => dictionary.get(name)?.id,
    regionName: (index) => regions.names[index],
    device: (id) => registry.byId(id),
  }
}

/** About a device where the group is one, so that it is found by it. */
function tellAlert(alerts: AlertBook, directory: Directory, alert: PipelineAlert): void {
  const { rule, key, clear, severity, message, value, origin } = alert
  const series = BigInt(origin.device) << 16n
  const common = { rule, series, key, time: origin.time, value }
  if (clear) alerts.clear(common)
  else
    alerts.raise({ ...common, severity, message, score: 0, region: directory.regions.names[origin.region] })
}
