import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import { DeviceDirectoryReader, DeviceDirectoryWriter } from '../../src/memory/device-directory.ts'

describe('The device directory', () => {
  it('shows each device its latest row, whatever else is in it', () => {
    const writer = new DeviceDirectoryWriter(2000)
    const reader = new DeviceDirectoryReader(writer.buffer)
    const rows = new Map<number, string>()
    for (let i = 0; i < 5000; i++) {
      const id = deviceIdOf(`device-${(i * 7) % 2000}`)
      rows.set(id, `row ${i} ${'ä'.repeat(i % 50)}`)
      expect(writer.put(id, rows.get(id) ?? '')).toBe(true)
    }
    for (const [id, row] of rows) expect(reader.rowAt(reader.placeOf(id))).toBe(row)
    expect(rows.size).toBe(2000)
  })

  it('knows nothing of devices that are not there, or no longer', () => {
    const writer = new DeviceDirectoryWriter(10)
    const reader = new DeviceDirectoryReader(writer.buffer)
    writer.put(2 ** 48 - 1, 'last')
    expect(reader.placeOf(1)).toBe(0)
    writer.remove(2 ** 48 - 1)
    writer.remove(5)
    expect(reader.placeOf(2 ** 48 - 1)).toBe(0)
    writer.put(2 ** 48 - 1, 'back')
    expect(reader.rowAt(reader.placeOf(2 ** 48 - 1))).toBe('back')
  })

  it('says when there is no room, and keeps what it has', () => {
    const writer = new DeviceDirectoryWriter(1)
    const reader = new DeviceDirectoryReader(writer.buffer)
    writer.put(7, 'small')
    expect(writer.put(7, 'x'.repeat(2 << 20))).toBe(false)
    expect(reader.rowAt(reader.placeOf(7))).toBe('small')
  })
})
