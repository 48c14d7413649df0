/**
 * What a registered device costs: heap bytes each, and nanoseconds to register, to find by name (with a fresh string,
 * as a reading brings it) and to find by id. Run: `npx tsx bench/registry.bench.ts [small|full]`.
 */
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DeviceRegistry } from '../src/devices/registry/device-registry.ts'

export const SIZES = { small: 20_000, full: 1_000_000 }

export interface RegistryResult {
  readonly devices: number
  readonly bytesPerDevice: number
  readonly registerNs: number
  readonly findByNameNs: number
  readonly findByIdNs: number
  /** Devices found again by name and by id: twice `devices`. */
  readonly check: number
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

function nsPerDevice(devices: number, act: (index: number) => void): number {
  const start = performance.now()
  for (let i = 0; i < devices; i++) act(i)
  return Math.round(((performance.now() - start) * 1e6) / devices)
}

export function runRegistryBench(devices: number): RegistryResult {
  const before = heapBytes()
  const registry = new DeviceRegistry({
    rules: [
      { match: 'pump-*', properties: { tier: 'premium', attributes: { kind: 'pump' } } },
      { match: 'sensor-*', properties: { tier: 'standard', tenant: 'acme' } },
    ],
    defaults: { tier: 'bulk' },
    admission: 'open',
    maxDevices: devices,
    regions: [],
  })
  const registerNs = nsPerDevice(devices, (i) => registry.ensure(`sensor-${i}`))
  const bytesPerDevice = Math.round((heapBytes() - before) / devices)
  const ids = Float64Array.from(registry, (device) => device.id)
  let check = 0
  const findByNameNs = nsPerDevice(devices, (i) => {
    if (typeof registry.ensure(`sensor-${i}`) === 'object') check++
  })
  const findByIdNs = nsPerDevice(devices, (i) => {
    if (registry.nameOf(ids[i]) !== undefined) check++
  })
  return { devices, bytesPerDevice, registerNs, findByNameNs, findByIdNs, check }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(runRegistryBench(process.argv[2] === 'small' ? SIZES.small : SIZES.full))
}
