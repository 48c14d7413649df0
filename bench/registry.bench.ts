/**
 * What a registered device costs: heap bytes, and the time to register it, to find it by name (with a fresh string, as
 * a reading brings it) and by id. Beside it two plain maps, by name and by id, with an object for each device. The
 * checks are the devices found.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deviceIdOf } from '../src/core/ids.ts'
import { DeviceRegistry } from '../src/devices/registry/device-registry.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult, timed } from './bench.ts'

export interface Size {
  readonly devices: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 20_000 },
  full: { devices: 1_000_000 },
}

/** What both can do. */
interface Book {
  register(name: string): void
  hasName(name: string): boolean
  hasId(id: number): boolean
}

interface Cost {
  readonly bytes: number
  readonly registerNs: number
  readonly byNameNs: number
  readonly byIdNs: number
  readonly found: { readonly byName: number; readonly byId: number }
}

const PLAIN = 'two maps and an object each'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

export async function run({ devices }: Size): Promise<BenchResult> {
  const ids = Float64Array.from({ length: devices }, (_, i) => deviceIdOf(nameOf(i)))
  const plain = costOf(plainBook, ids)
  const own = costOf(() => registryBook(devices), ids)
  const of = (name: string, unit: string, which: 'bytes' | 'registerNs', check: number): BenchCase =>
    benchCase(`${name} of ${devices}`, unit, own[which], { name: PLAIN, value: plain[which] }, check)
  const find = (name: string, which: 'byNameNs' | 'byIdNs', check: number): BenchCase =>
    benchCase(name, 'ns', own[which], { name: PLAIN, value: plain[which] }, check)
  return benchResult([
    of('heap for a device', 'bytes', 'bytes', own.found.byName),
    of('register a device', 'ns', 'registerNs', own.found.byName),
    find('find it by name', 'byNameNs', own.found.byName),
    find('find it by id', 'byIdNs', own.found.byId),
  ])
}

const nameOf = (i: number): string => `sensor-${i}`

function registryBook(maxDevices: number): Book {
  const registry = new DeviceRegistry({
    rules: [
      { match: 'pump-*', properties: { tier: 'premium', attributes: { kind: 'pump' } } },
      { match: 'sensor-*', properties: { tier: 'standard', tenant: 'acme' } },
    ],
    ...{ defaults: { tier: 'bulk' }, admission: 'open', maxDevices, regions: [] },
  })
  return {
    register: (name) => void registry.ensure(name),
    hasName: (name) => typeof registry.ensure(name) === 'object',
    hasId: (id) => registry.nameOf(id) !== undefined,
  }
}

function plainBook(): Book {
  const byName = new Map<string, object>()
  const byId = new Map<number, object>()
  return {
    register(name) {
      const id = deviceIdOf(name)
      const device = { name, id, tier: 'standard', region: '', tenant: 'acme', lat: NaN, lon: NaN }
      byName.set(name, device)
      byId.set(id, device)
    },
    hasName: (name) => byName.has(name),
    hasId: (id) => byId.has(id),
  }
}

function costOf(open: () => Book, ids: Float64Array): Cost {
  const before = heapBytes()
  const book = open()
  const found = { byName: 0, byId: 0 }
  const registerNs = nsEach(ids.length, (i) => book.register(nameOf(i)))
  const bytes = Math.round((heapBytes() - before) / ids.length)
  const byNameNs = nsEach(ids.length, (i) => void (found.byName += Number(book.hasName(nameOf(i)))))
  const byIdNs = nsEach(ids.length, (i) => void (found.byId += Number(book.hasId(ids[i]))))
  return { bytes, registerNs, byNameNs, byIdNs, found }
}

function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

function nsEach(count: number, act: (index: number) => void): number {
  const ms = timed(() => {
    for (let i = 0; i < count; i++) act(i)
  })
  return (ms * 1e6) / count
}
