import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MAX_WORKERS } from '../../core/limits.ts'
import { isPemText, type TlsOptions, type TokenOptions } from '../../security/options.ts'
import { resolvedSecret, withFilesIn } from '../../notifications/receivers/secret-files.ts'
import type { Config } from './config.ts'
import type { CheckedConfig } from './schema.ts'
import type { ConfigSource } from './source.ts'

/** Fills in what depends on other options, on the folder of the file or on the machine. */
export function complete(
  checked: CheckedConfig,
  tokens: TokenOptions[],
  { folder, cores }: ConfigSource,
): Config {
  const { anomalies, auth, metrics, notifications, pipeline, pipelines, pool, rules, tls, tiers } = checked
  const { threshold, direction, minDeviation } = anomalies
  return {
    ...checked,
    pipeline: pipeline === null ? null : moduleUrl(pipeline, folder),
    pipelines: pipelines.map((module) => moduleUrl(module, folder)),
    alertRules: checked.alertRules.map((file) => resolve(folder, file)),
    dataDir: checked.dataDir && resolve(folder, checked.dataDir),
    pool: completePool(pool, cores),
    scaling: completeScaling(checked.scaling, pool, cores, folder),
    metrics: mapValues(metrics, (metric) => ({
      threshold,
      direction,
      minDeviation,
      ...defined(metric),
      unit: metric.unit,
    })),
    rules: rules.map((rule) => ({ ...rule, tier: rule.tier ?? tiers.default })),
    devices: checked.devices,
    notifications: withFilesIn(notifications, (path) => resolve(folder, path)),
    maintenance: {
      ...checked.maintenance,
      hooks: checked.maintenance.hooks.map(({ webhook, ...hook }) => ({
        ...hook,
        ...(webhook && {
          webhook: { ...webhook, secret: resolvedSecret(webhook.secret, (path) => resolve(folder, path)) },
        }),
      })),
    },
    auth: { tokens: [...auth.tokens, ...tokens] },
    tls: tls && absolute(tls, folder),
  }
}

function completePool(pool: CheckedConfig['pool'], cores: number): Config['pool'] {
  const size = pool.size ?? pool.min
  const max = pool.max ?? Math.min(MAX_WORKERS, Math.max(2, cores, size))
  return { ...pool, max, size }
}

/** Whoever says how many workers there are gets them. */
function completeScaling(
  scaling: CheckedConfig['scaling'],
  pool: CheckedConfig['pool'],
  cores: number,
  folder: string,
): Config['scaling'] {
  const { min, max } = completePool(pool, cores)
  const calendars = scaling.forecast.calendars.map((path) => resolve(folder, path))
  const history = scaling.forecast.history && resolve(folder, scaling.forecast.history)
  const forecast = { ...scaling.forecast, calendars, history }
  return { ...scaling, forecast, enabled: scaling.enabled ?? (pool.size === undefined && min < max) }
}

/** Whether it says a URL; one letter before the colon is a drive. */
export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]+:/i.test(text)

const moduleUrl = (pipeline: string, folder: string): string =>
  isUrl(pipeline) ? pipeline : pathToFileURL(resolve(folder, pipeline)).href

const absolute = ({ key, cert }: TlsOptions, folder: string): TlsOptions => ({
  key: isPemText(key) ? key : resolve(folder, key),
  cert: isPemText(cert) ? cert : resolve(folder, cert),
})

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>

const mapValues = <A, B>(record: Record<string, A>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]))
