import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import type { Device } from '../../../src/core/device.ts'
import type { Directory } from '../../../src/engine/directory.ts'
import { RegistryNotes } from '../../../src/engine/durability/registry-notes.ts'
import { decodeChange } from '../../../src/storage/registry/change.ts'

type Listener = (change: { device: Pick<Device, 'name'>; removed: boolean }) => void

/** A directory that devices are removed from, and a journal that has room or not. */
function newRig() {
  let listener: Listener = () => undefined
  const timers: (() => void)[] = []
  const rig = {
    ...{ hasRoom: true, held: '', failures: 0, noted: [] as string[], stored: 0 },
    remove: (name: string) => listener({ device: { name }, removed: true }),
    pass: () => timers.splice(0).forEach((task) => task()),
  }
  const offer = (_: number, text: Uint8Array): boolean => {
    const change = decodeChange(text)
    if (rig.hasRoom && change.kind === 'device-removed') rig.noted.push(change.name)
    return rig.hasRoom
  }
  const directory = {
    hold: (reason: string) => (rig.held = reason),
    registry: { onChange: (one: Listener) => (listener = one) },
    dictionary: { onChange: () => undefined },
  }
  const notes = new RegistryNotes({
    directory: directory as unknown as Directory,
    store: { put: () => rig.stored++ },
    notes: { write: offer, offer },
    clock: { after: (_: number, task: () => void) => timers.push(task) } as unknown as Clock,
    onFailure: () => rig.failures++,
  })
  return { rig, notes }
}

describe('RegistryNotes', () => {
  it('notes later, in its order, what the journal had no room for, and takes no more until then', () => {
    const { rig, notes } = newRig()
    expect(rig.held).toContain('before its last end')
    notes.begin()
    rig.remove('a')
    rig.hasRoom = false
    // two of one call: the second comes although no more are taken
    rig.remove('b')
    rig.remove('c')
    expect(rig).toMatchObject({ noted: ['a'], failures: 1, stored: 3 })
    expect(rig.held).toContain('no room')
    rig.pass()
    expect(rig.noted).toEqual(['a'])
    rig.hasRoom = true
    rig.pass()
    expect(rig).toMatchObject({ noted: ['a', 'b', 'c'], held: '', failures: 1 })
    rig.remove('d')
    expect(rig.noted).toEqual(['a', 'b', 'c', 'd'])
  })

  it('stays held when there is no journal any more', () => {
    const { rig, notes } = newRig()
    notes.begin()
    rig.hasRoom = false
    rig.remove('a')
    notes.end('the journal has failed')
    rig.hasRoom = true
    rig.pass()
    expect(rig).toMatchObject({ held: 'the journal has failed', noted: [] })
  })
})
