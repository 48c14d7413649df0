import type { AnomalyRule, DeviceProperties } from '../../core/device.ts'
import type { Tier } from '../../core/tiers.ts'
import type { TokenOptions } from '../../security/options.ts'
import type { CheckedConfig } from './schema.ts'

/** The whole configuration: every value present, every path absolute, nothing left to look up elsewhere. */
export interface Config extends Omit<
  CheckedConfig,
  'auth' | 'devices' | 'metrics' | 'pool' | 'rules' | 'scaling'
> {
  /** URL of the user's module; null = the built-in pipeline alone. */
  pipeline: string | null
  pool: CheckedConfig['pool'] & { max: number; size: number }
  scaling: CheckedConfig['scaling'] & { enabled: boolean }
  metrics: Record<string, MetricConfig>
  rules: RuleConfig[]
  devices: DeviceConfig[]
  /** With the tokens of `tokensFile` among them. */
  auth: { tokens: TokenOptions[] }
}

/** A metric with its anomaly rule. */
export interface MetricConfig extends AnomalyRule {
  unit: string
}

/** What devices whose name matches a glob are taken for. */
export interface RuleConfig {
  match: string
  tier: Tier
  region: string
  tenant: string
  attributes: Record<string, string | number | boolean>
}

/** A device registered at start; what is absent comes from rules and defaults. */
export interface DeviceConfig extends DeviceProperties {
  name: string
}
