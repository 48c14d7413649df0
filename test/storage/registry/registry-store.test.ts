import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import type { MillraceError } from '../../../src/core/errors.ts'
import { RegistryStore } from '../../../src/storage/registry/registry-store.ts'
import { contentOf, device, metric, token } from './entries.ts'

describe('RegistryStore', () => {
  let folder = ''
  const failures: MillraceError[] = []
  const open = async (minPosition = 0) =>
    RegistryStore.open({
      folder,
      clock: systemClock(),
      minPosition,
      onFailure: (error) => failures.push(error),
    })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'))
    failures.length = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('has after a restart what was put, in the order of putting', async () => {
    const { store } = await open()
    for (let i = 0; i < 200; i++) store.put({ kind: 'device', device: device(i) })
    store.put({ kind: 'metric', metric: metric(2) })
    store.put({ kind: 'token', token: token(1) })
    const expected = contentOf(store)
    await store.close()
    const again = await open()
    expect(again.damage).toEqual([])
    expect(contentOf(again.store)).toEqual(expected)
    expect(again.store.position).toBe(202)
    await again.store.close()
    expect(failures).toEqual([])
  })

  it('forgets what was removed and keeps the last of what was put twice', async () => {
    const { store } = await open()
    for (let i = 0; i < 100; i++) store.put({ kind: 'device', device: device(i) })
    await store.flushed()
    for (let i = 0; i < 90; i++) store.put({ kind: 'device-removed', name: device(i).name })
    store.put({ kind: 'device-removed', name: 'nobody' })
    store.put({ kind: 'device', device: { ...device(95), tenant: 'other' } })
    store.put({ kind: 'device', device: device(1000) })
    await store.flushed()
    expect(store.flushedPosition).toBe(193)
    await store.close()
    const again = await open()
    const devices = contentOf(again.store).devices
    expect(devices.map(({ name }) => name).sort()).toEqual(
      [90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 1000].map((i) => device(i).name).sort(),
    )
    expect(devices.find(({ name }) => name === device(95).name)?.tenant).toBe('other')
    await again.store.close()
  })
})
