import { describe, expect, it } from 'vitest'
import * as bench from '../../../bench/registry-store.bench.ts'
import { MillraceError } from '../../../src/core/errors.ts'
import { decodeChange, encodeChange, type RegistryChange } from '../../../src/storage/registry/change.ts'
import { Shelves } from '../../../src/storage/registry/shelves.ts'
import { readSnapshot, writeSnapshot } from '../../../src/storage/registry/snapshot.ts'
import { device, metric, token } from './entries.ts'

const CHANGES: readonly RegistryChange[] = [
  { kind: 'device', device: device(3) },
  { kind: 'device', device: device(4) },
  { kind: 'device-removed', name: 'ö' },
  { kind: 'metric', metric: metric(7) },
  { kind: 'token', token: token(1) },
  { kind: 'token-removed', sha256: token(1).sha256 },
]

describe('a change of the registry', () => {
  it.each(CHANGES)('is the same from its bytes, also in shared memory: $kind', (change) => {
    const bytes = encodeChange(change)
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    expect(decodeChange(shared)).toEqual(change)
  })

  it.each(['', '{', 'null', '{"kind":"device"}', '{"kind":"other"}', '{"kind":"token-removed"}'])(
    'is not made of %j',
    (text) => expect(() => decodeChange(Buffer.from(text))).toThrow(MillraceError),
  )
})

describe('a snapshot of the registry', () => {
  const shelves = new Shelves()
  for (let i = 0; i < 20_000; i++) shelves.apply({ kind: 'device', device: device(i) })
  for (const change of CHANGES.slice(3, 5)) shelves.apply(change)
  const pieces = [...writeSnapshot(shelves)]
  const whole = Buffer.concat(pieces)

  it('has everything, in pieces', () => {
    expect(pieces.length).toBeGreaterThan(2)
    const { devices, metrics, tokens } = readSnapshot(whole)
    expect([...devices]).toEqual([...shelves.devices])
    expect([...metrics]).toEqual([metric(7)])
    expect([...tokens]).toEqual([token(1)])
  })

  it('is refused when it is cut short or changed anywhere', () => {
    for (const end of [0, 5, 8, 100, Math.floor(whole.length / 2), whole.length - 1]) {
      expect(() => readSnapshot(whole.subarray(0, end)), `cut at ${end}`).toThrow(MillraceError)
    }
    for (let at = 0; at < whole.length; at += 9973) {
      const bytes = Buffer.from(whole)
      bytes[at] ^= 4
      expect(() => readSnapshot(bytes), `byte ${at}`).toThrow(MillraceError)
    }
  })
})

describe('the bench of the registry store', () => {
  it('finds every device again', async () => {
    const { cases } = await bench.run(bench.sizes.small)
    expect(cases.map(({ check }) => check)).toEqual([10_000, 10_000, 10_000])
  })
})
