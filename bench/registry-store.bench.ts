/**
 * How long a registry of many devices takes to load at start (database read, checked, and decoded into what the device
 * registry takes), beside parsing the same devices from one JSON text; and how fast it is written. `small` runs in the
 * tests.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/core/clock.ts'
import type { Device } from '../src/core/device.ts'
import { deviceIdOf } from '../src/core/ids.ts'
import { RegistryStore } from '../src/storage/registry/registry-store.ts'
import { readSnapshot } from '../src/storage/registry/snapshot.ts'
import { benchCase, type BenchResult, benchResult, timed } from './bench.ts'

export const sizes = { small: { devices: 10_000 }, full: { devices: 1_000_000 } }

/** All have a position; a hundred kinds of attributes. */
function makeDevice(i: number): Device {
  const name = `plant-${i % 50}/sensor-${i}`
  const attributes = { model: `x${i % 100}`, indoor: i % 2 === 0 }
  const place = { lat: 47 + (i % 70_000) / 1e4, lon: 6 + (i % 90_000) / 1e4 }
  return { name, id: deviceIdOf(name), tier: 'standard', region: '', tenant: 'acme', ...place, attributes }
}

export async function run({ devices }: { readonly devices: number }): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'registry-bench-'))
  try {
    const all = Array.from({ length: devices }, (_, i) => makeDevice(i))
    const json = JSON.stringify(all)
    const writeMs = await write(folder, all)
    const begin = performance.now()
    const store = await open(folder)
    const loadMs = performance.now() - begin
    let parsed = 0
    const parseMs = timed(() => (parsed = (JSON.parse(json) as Device[]).length))
    const snapshot = Buffer.concat([...store.snapshot()])
    let restored = 0
    const restoreMs = timed(() => (restored = [...readSnapshot(snapshot).devices].length))
    const check = store.deviceCount
    await store.close()
    const plain = { name: 'JSON.parse of one text, not checked', value: parseMs }
    const each = (devices / writeMs) * 1000
    return benchResult([
      benchCase(`load ${devices} devices`, 'ms', loadMs, plain, check),
      benchCase('load them from a snapshot', 'ms', restoreMs, plain, restored),
      benchCase(
        'write them, durable',
        'devices/s',
        each,
        { name: 'parsed', value: (devices / parseMs) * 1000 },
        parsed,
      ),
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function write(folder: string, all: readonly Device[]): Promise<number> {
  const store = await open(folder)
  const begin = performance.now()
  for (const device of all) store.put({ kind: 'device', device })
  await store.flushed()
  const ms = performance.now() - begin
  await store.close()
  return ms
}

async function open(folder: string): Promise<RegistryStore> {
  const fail = (error: Error): never => {
    throw error
  }
  const { store, damage } = await RegistryStore.open({ folder, clock: systemClock(), onFailure: fail })
  if (damage.length > 0) throw new Error(damage[0].reason)
  return store
}
