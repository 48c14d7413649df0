import { z } from 'zod'
import { authOptions, tlsOptions } from '../../security/options.ts'
import { defaultRegions } from './default-regions.ts'
import { alertsOptions } from './options/alerts.ts'
import { anomaliesOptions, metricsOptions } from './options/anomalies.ts'
import { devicesOptions, rulesOptions } from './options/devices.ts'
import { escalationOptions, incidentsOptions } from './options/incidents.ts'
import { limitsOptions } from './options/limits.ts'
import { durabilityOptions } from './options/durability.ts'
import { listenOptions } from './options/listen.ts'
import { maintenanceOptions } from './options/maintenance.ts'
import { poolOptions } from './options/pool.ts'
import { notificationOptions } from '../../notifications/options.ts'
import { ratesOptions } from './options/rates.ts'
import { regionsOptions } from './options/regions.ts'
import { scalingOptions } from './options/scaling.ts'
import { tiersOptions } from './options/tiers.ts'

/** The whole configuration: every option with its default, range and meaning. Its only place. */
export const configSchema = z.strictObject({
  ...listenOptions,
  ...durabilityOptions,
  limits: limitsOptions
    .prefault({})
    .meta({ description: 'What is bounded. Shared memory is sized from it at start.' }),
  rates: ratesOptions.prefault({}).meta({ description: 'What one sender may take; 0 is no limit.' }),
  tiers: tiersOptions.prefault({}).meta({ description: 'Service classes.' }),
  pool: poolOptions.prefault({}).meta({ description: 'The worker threads.' }),
  scaling: scalingOptions
    .prefault({})
    .meta({ description: 'Capacity that follows the load: see [scaling](scaling.md).' }),
  anomalies: anomaliesOptions
    .prefault({})
    .meta({ description: 'How anomalies are told, for metrics that say nothing else.' }),
  incidents: incidentsOptions
    .prefault({})
    .meta({ description: 'Anomalies of many devices that are one incident: see [incidents](incidents.md).' }),
  escalation: escalationOptions.prefault({}).meta({
    description: 'Tiers raised around an anomaly: see [incidents](incidents.md#priority-escalation).',
  }),
  alerts: alertsOptions.prefault({}).meta({ description: 'What becomes of alerts once they are raised.' }),
  metrics: metricsOptions
    .default({})
    .meta({ description: 'Metrics known from the start, by name.', 'x-default': 'none' }),
  regions: regionsOptions.default(defaultRegions).meta({
    description: 'Geographic processing areas. Giving any replaces the built-in table.',
    'x-default': 'six continents by coarse cells',
  }),
  rules: rulesOptions.default([]).meta({
    description: 'What devices are taken for by their name; the first rule that matches wins.',
    'x-default': 'none',
  }),
  devices: devicesOptions.default([]).meta({
    description: 'Devices registered at start. What is left out comes from `rules`, then from defaults.',
    'x-default': 'none',
  }),
  notifications: notificationOptions.prefault({}).meta({
    description:
      'Who is told of which alerts, and when: the root of a routing tree as Alertmanager has it. See notifications.md.',
  }),
  maintenance: maintenanceOptions.prefault({}).meta({
    description: 'Planned maintenance and its capacity: see [maintenance](maintenance.md).',
  }),
  auth: authOptions.prefault({}).meta({ description: 'Who gets in: everyone, until there is a token.' }),
  tls: tlsOptions,
})

/** As checked by the schema, before what depends on other options is filled in. */
export type CheckedConfig = z.output<typeof configSchema>

/** What may be written: every key optional, and `pipeline` may be a URL object. */
export type ConfigInput = Omit<z.input<typeof configSchema>, 'pipeline'> & {
  pipeline?: string | URL | null | undefined
}
