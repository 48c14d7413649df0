import type { Device } from '../../../src/core/device.ts'
import { deviceIdOf } from '../../../src/core/ids.ts'
import type { MetricRecord, TokenRecord } from '../../../src/storage/registry/change.ts'
import type { RegistryStore } from '../../../src/storage/registry/registry-store.ts'

/** A device as the registry makes them; every third has a position. */
export function device(i: number): Device {
  const name = `site-${i % 7}/pump-ö-${i}`
  const [lat, lon] = i % 3 === 0 ? [52.5 + i / 1e6, 13.4] : [null, null]
  const attributes = i % 2 === 0 ? { model: `x${i % 5}`, size: i % 5, old: true } : {}
  return { name, id: deviceIdOf(name), tier: 'standard', region: '', tenant: 'acme', lat, lon, attributes }
}

export const metric = (id: number): MetricRecord => ({
  name: `metric-${id}`,
  id,
  unit: '°C',
  anomaly: { threshold: 4, direction: 'both', minDeviation: 0.1 },
})

export const token = (i: number): TokenRecord => ({
  sha256: String(i).padStart(64, '0'),
  name: `holder-${i}`,
  scope: 'api',
  tenant: '',
  expires: null,
})

/** What a store has, to compare. */
export function contentOf(store: RegistryStore) {
  const { devices, metrics, tokens } = store.load()
  return { devices: [...devices], metrics: [...metrics], tokens: [...tokens] }
}
