import { describe, expect, it } from 'vitest'
import { type Manifest, manifestText, parseManifest } from '../../../src/storage/checkpoint/manifest.ts'

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total * 31 + byte) | 0, 7)
const parts = [{ file: 3, at: 0, bytes: 64 }]
const manifest: Manifest = {
  ...{ format: 1, number: 3, createdMs: 1.5, run: 2, replayFrom: 9 },
  ...{ slotsPerShard: 16, shardStateBytes: 0, rings: 1 },
  shards: [{ positions: [5], series: 1, waiting: 0, parts }],
  extras: [{ name: 'streams', ...parts[0], crc: 7 }],
}
const read = (value: unknown) => parseManifest(manifestText(value as Manifest, sum), sum)

describe('A manifest', () => {
  it('is read as it was written', () => {
    expect(read(manifest)).toEqual(manifest)
  })

  it('is damaged where its sum is not that of its line', () => {
    const bytes = manifestText(manifest, sum)
    bytes[3] ^= 1
    expect(parseManifest(bytes, sum)).toBe('bad sum')
    expect(parseManifest(bytes.subarray(0, 20), sum)).toBe('no end of line')
  })

  it.each([
    [{ ...manifest, format: 2 }, 'manifest.format is 2, not 1'],
    [{ ...manifest, number: -1 }, 'manifest.number is -1, not a whole number'],
    [{ ...manifest, run: undefined }, 'manifest.run is undefined, not a whole number'],
    [{ ...manifest, createdMs: null }, 'manifest.createdMs is null, not a time'],
    [{ ...manifest, more: 1 }, 'manifest has more, which nobody knows'],
    [{ ...manifest, shards: 4 }, 'manifest.shards is not a list'],
    [{ ...manifest, shards: [[]] }, 'manifest.shards[0] is not a record'],
    [
      { ...manifest, shards: [{ ...manifest.shards[0], parts: [] }] },
      'manifest.shards[0].parts has fewer than 1 entries',
    ],
    [
      { ...manifest, extras: [{ ...manifest.extras[0], name: 1 }] },
      'manifest.extras[0].name is 1, not a text',
    ],
    [null, 'manifest is not a record'],
  ])('of another version is not taken: %#', (value, fault) => {
    expect(read(value)).toBe(`not of this version: ${fault}`)
  })
})
