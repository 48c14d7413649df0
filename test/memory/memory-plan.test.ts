import { describe, expect, it } from 'vitest'
import { planMemory, type MemoryNeeds } from '../../src/memory/memory-plan.ts'

const needs: MemoryNeeds = {
  ...{ series: 1000, devices: 100, ringBytes: 1 << 20, rings: 2, backlogBytes: 1 << 20, workers: 3 },
  ...{ limitsDeviceRate: true, shardStateBytes: 64 },
}

describe('planMemory', () => {
  it.each([
    needs,
    { ...needs, series: 10_000_000, devices: 2_000_000 },
    { ...needs, limitsDeviceRate: false },
  ])('lays segments out one after the other, none at address 0: %#', (some) => {
    const { segments, totalBytes } = planMemory(some)
    let end = 1
    for (const { name, address, bytes } of segments) {
      expect(address, name).toBeGreaterThanOrEqual(end)
      expect(address % 128, name).toBe(0)
      end = address + bytes
    }
    expect(totalBytes).toBe(end)
  })

  it('has room for every series at a load that keeps searches short, in each shard', () => {
    for (const series of [1000, 100_000, 10_000_000])
      expect(planMemory({ ...needs, series }).slotsPerShard * 64 * 0.8).toBeGreaterThan(series)
  })

  it('refuses needs beyond what can be addressed, and says which limits to lower', () => {
    expect(() => planMemory({ ...needs, backlogBytes: 2 ** 32 })).toThrow(
      /limits\.backlogBytes \(4294967296\)/,
    )
  })
})
