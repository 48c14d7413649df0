/** Capacity that follows the load, and what is planned to take some of it: scaling and maintenance, which ask each other. */
import type { AlertBook } from '../../alerts/alert-book.ts'
import type { AlertDesk } from '../../alerts/alert-desk.ts'
import type { Alert } from '../../core/alert.ts'
import type { Begun } from '../../core/begun.ts'
import type { Clock } from '../../core/clock.ts'
import { Economies } from '../../memory/economies.ts'
import { openTarget } from '../../scaling/targets/target-kinds.ts'
import { machinePorts } from '../../scaling/targets/target-ports.ts'
import type { Config } from '../config/config.ts'
import type { Directory } from '../directory.ts'
import type { AlertLog } from '../durability/alert-log.ts'
import type { EgressDesk } from '../egress-desk.ts'
import type { EventDesk } from '../engine-events.ts'
import type { Foundation } from '../foundation.ts'
import { DeviceDrain } from '../maintenance/device-drain.ts'
import { poolOutlook } from '../maintenance/pool-outlook.ts'
import { MaintenanceDesk } from '../maintenance-desk.ts'
import type { PipelineDesk } from '../pipelines/pipeline-desk.ts'
import { ScalingDesk } from '../scaling-desk.ts'
import { EngineGauge } from '../scaling/engine-gauge.ts'
import { KeptScalingOfEngine } from '../scaling/kept-scaling.ts'
import { openForecaster } from '../scaling/open-forecaster.ts'
import type { WorkerPool } from '../worker-pool.ts'

export interface ElasticParts {
  readonly config: Config
  readonly clock: Clock
  readonly foundation: Foundation
  readonly directory: Directory
  readonly events: EventDesk
  readonly alerts: AlertBook
  readonly alertDesk: AlertDesk
  readonly alertLog: AlertLog
  readonly egress: EgressDesk
  readonly pool: WorkerPool
  readonly pipelines: PipelineDesk
  /** Readings are not taken yet, or not any more. */
  readonly isUnready: () => boolean
}

export interface Elastic {
  readonly gauge: EngineGauge
  readonly keptScaling: KeptScalingOfEngine
  readonly scaling: ScalingDesk
  readonly maintenance: MaintenanceDesk
}

/** Nothing of it acts yet. */
export async function openElastic(begun: Begun, parts: ElasticParts): Promise<Elastic> {
  const { config, clock, foundation, directory, pool, isUnready } = parts
  const gauge: EngineGauge = new EngineGauge({
    ...{ foundation, clock, pool, defaultTier: config.tiers.default },
    registered: () => directory.registry.size,
    regions: directory.regions.names.length,
    mask: () => (isUnready() ? 'outage' : maintenance.mask),
  })
  begun.add(gauge, (looking) => looking.close())
  const { scaling, keptScaling } = await openScaling(begun, parts, gauge)
  const maintenance: MaintenanceDesk = await openMaintenance(parts, scaling)
  begun.add(maintenance, (desk) => desk.close())
  scaling.holdBy(maintenance.holds)
  return { gauge, keptScaling, scaling, maintenance }
}

async function openScaling(begun: Begun, parts: ElasticParts, gauge: EngineGauge) {
  const { config, clock, foundation, events, alerts, alertLog, egress, pool, pipelines } = parts
  const onFailure = (error: unknown): void => events.tell('failure', error)
  const forecaster = await openForecaster(config, onFailure)
  const keptScaling = await KeptScalingOfEngine.open(config, clock, onFailure)
  begun.add(keptScaling, (kept) => kept.close())
  const { target: nodes = null } = config.scaling.nodes ?? {}
  const economies = new Economies(foundation.memory, foundation.plan.at.map)
  const scaling = new ScalingDesk({
    kept: keptScaling.state,
    ...{ config, clock, pool, alerts, alertLog, events, gauge, forecaster },
    nodes: nodes === null ? undefined : openTarget('nodes', nodes, machinePorts(clock)),
    nextTicket: () => egress.nextTicket,
    pausePipelines: (names) => pipelines.pause(names),
    onChange: () => keptScaling.now(),
    economise: (economy) => economies.write(economy),
  })
  begun.add(scaling, (desk) => desk.close())
  keptScaling.keep(
    () => scaling.kept(),
    () => forecaster.snapshot(),
  )
  return { scaling, keptScaling }
}

function openMaintenance(parts: ElasticParts, scaling: ScalingDesk): Promise<MaintenanceDesk> {
  const { config, clock, foundation, directory, events, alerts, alertDesk, alertLog, egress, pool } = parts
  const drain = new DeviceDrain(foundation, clock)
  const noteAtOnce = (alert: Alert | undefined): void => {
    if (alert !== undefined) alertLog.note(egress.nextTicket - 1, alert)
  }
  return MaintenanceDesk.open({
    ...{ config, clock, registry: directory.registry, alertDesk },
    outlook: scaling.isEnabled ? scaling.outlook() : poolOutlook(pool, config.pool.max),
    raise: (raise) => noteAtOnce(alerts.raise(raise)),
    clear: (clear) => noteAtOnce(alerts.clear(clear)),
    drain: (devices, limitMs) => drain.drain(devices, limitMs),
    tell: (event) => events.tell('maintenance', event),
    onWarning: (message) => events.tell('warning', message),
    onFailure: (error) => events.tell('failure', error),
  })
}
