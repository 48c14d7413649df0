import { describe, expect, it } from 'vitest'
import { chanceOf } from '../../../src/simulation/chance.ts'
import { SimulatedCrash } from '../../../src/simulation/disk/crash-points.ts'
import { SimulatedDisk } from '../../../src/simulation/disk/simulated-disk.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'
import { bytes, content, diskConformance, failure } from '../../storage/disk/conformance.ts'

const newDisk = (seed = 1) => {
  const disk = new SimulatedDisk(chanceOf(seed))
  disk.makeFolder('/d')
  return disk
}

diskConformance('SimulatedDisk', () => ({ disk: newDisk(), folder: '/d', close: () => undefined }))

/** Every disk that many power cuts now leave, told by `tell`, each once. */
function outcomes(disk: SimulatedDisk, tell: (found: SimulatedDisk) => unknown, torn = 0): Set<string> {
  const told = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    told.add(JSON.stringify(tell(disk.afterPowerCut({ random: chanceOf(seed), torn }))))
  }
  return told
}

const read = (path: string) => (disk: SimulatedDisk) => {
  if (!disk.exists(path)) return 'missing'
  const file = disk.open(path, 'read')
  return content(file)
}

describe('A power cut on the simulated disk', () => {
  it('never takes what was synced, names included', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([bytes(1, 2, 3)], 0)
    file.sync()
    disk.syncFolder('/d')
    expect(outcomes(disk, read('/d/a'))).toEqual(new Set(['[1,2,3]']))
  })

  it('may take a synced file whose folder was not synced', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([bytes(1)], 0)
    file.sync()
    expect(outcomes(disk, read('/d/a'))).toEqual(new Set(['"missing"', '[1]']))
  })

  it('may leave any of the unsynced sectors, and any of the lengths', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    disk.syncFolder('/d')
    file.write([new Uint8Array(512).fill(1)], 0)
    file.write([new Uint8Array(512).fill(2)], 512)
    const firsts = (found: SimulatedDisk) => {
      const all = read('/d/a')(found)
      return [all.length, all[0], all[512]]
    }
    expect(outcomes(disk, firsts)).toEqual(
      new Set([
        '[0,null,null]',
        ...['[512,0,null]', '[512,1,null]'],
        ...['[1024,0,0]', '[1024,1,0]', '[1024,0,2]', '[1024,1,2]'],
      ]),
    )
  })

  it('leaves a sector as it was at some moment, whole unless it tears', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([new Uint8Array(512).fill(1)], 0)
    file.sync()
    disk.syncFolder('/d')
    file.write([new Uint8Array(512).fill(2)], 0)
    file.write([new Uint8Array(256).fill(3)], 256)
    const ends = (found: SimulatedDisk) => {
      const all = read('/d/a')(found) as number[]
      return [all[0], all[511], new Set(all).size]
    }
    expect(outcomes(disk, ends)).toEqual(new Set(['[1,1,1]', '[2,2,1]', '[2,3,2]']))
    expect(outcomes(disk, ends, 1)).toContain('[2,1,2]')
  })

  it('may leave what was cut off, until the cut is synced', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([new Uint8Array(600).fill(1)], 0)
    file.sync()
    disk.syncFolder('/d')
    file.truncate(1)
    const length = (found: SimulatedDisk) => read('/d/a')(found).length
    expect(outcomes(disk, length)).toEqual(new Set(['600', '1']))
    file.sync()
    expect(outcomes(disk, read('/d/a'))).toEqual(new Set(['[1]']))
  })

  it('renames wholly or not at all', () => {
    const disk = newDisk()
    for (const [name, value] of [
      ['/d/a', 1],
      ['/d/b', 2],
    ] as const) {
      const file = disk.open(name, 'create')
      file.write([bytes(value)], 0)
      file.sync()
    }
    disk.syncFolder('/d')
    disk.rename('/d/b', '/d/a')
    const both = (found: SimulatedDisk) => [read('/d/a')(found), read('/d/b')(found)]
    expect(outcomes(disk, both)).toEqual(new Set(['[[1],[2]]', '[[2],"missing"]']))
    disk.syncFolder('/d')
    expect(outcomes(disk, both)).toEqual(new Set(['[[2],"missing"]']))
  })

  it('does not bring a moved file back under its first name', () => {
    const disk = newDisk()
    disk.makeFolder('/d/x')
    disk.open('/d/a', 'create')
    disk.rename('/d/a', '/d/x/b')
    disk.syncFolder('/d/x')
    disk.syncFolder('/d')
    const names = (found: SimulatedDisk) => [found.list('/d'), found.list('/d/x')]
    expect(outcomes(disk, names)).toEqual(new Set(['[["x"],["b"]]']))
  })

  it('finds a file that moved twice under one name only', () => {
    const disk = newDisk()
    disk.open('/d/a', 'create')
    disk.syncFolder('/d')
    disk.rename('/d/a', '/d/b')
    disk.rename('/d/b', '/d/c')
    const names = (found: SimulatedDisk) => found.list('/d')
    expect(outcomes(disk, names)).toEqual(new Set(['["a"]', '["b"]', '["c"]']))
  })

  it('may bring removed files back, with their bytes', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([bytes(1)], 0)
    file.sync()
    disk.syncFolder('/d')
    disk.remove('/d/a')
    expect(outcomes(disk, read('/d/a'))).toEqual(new Set(['"missing"', '[1]']))
  })

  it('leaves the disk it happened on as it was, and is the same for the same seed', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([new Uint8Array(5000).fill(1)], 0)
    const cut = () => disk.afterPowerCut({ random: chanceOf(9), torn: 0.2 })
    expect(read('/d/a')(cut())).toEqual(read('/d/a')(cut()))
    expect(content(file)).toEqual(new Array(5000).fill(1))
  })
})

describe('The end of the process alone', () => {
  it('takes nothing that was written, but a later power cut may', () => {
    const disk = newDisk()
    disk.open('/d/a', 'create').write([bytes(1, 2)], 0)
    const next = disk.afterKill(chanceOf(1))
    expect(read('/d/a')(next)).toEqual([1, 2])
    expect(outcomes(next, read('/d/a'))).toContain('"missing"')
    next.open('/d/a', 'write').sync()
    next.syncFolder('/d')
    expect(outcomes(next, read('/d/a'))).toEqual(new Set(['[1,2]']))
  })
})

describe('A failed sync', () => {
  const failed = (seed: number, forgets = false) => {
    const disk = newDisk(seed)
    const file = disk.open('/d/a', 'create')
    disk.syncFolder('/d')
    file.write([bytes(1)], 0)
    disk.faults.forgetsAfterFailedSync = forgets
    disk.faults.fail('fdatasync')
    expect(failure(() => file.sync())).toEqual({ code: 'EIO', call: 'fdatasync', path: '/d/a' })
    return { disk, file }
  }

  it('loses bytes that a later sync succeeds without, though reads still see them', () => {
    const found = new Set<string>()
    for (let seed = 0; seed < 20; seed++) {
      const { disk, file } = failed(seed)
      file.sync()
      expect(content(file)).toEqual([1])
      const after = outcomes(disk, read('/d/a'))
      expect(after.size).toBe(1)
      for (const one of after) found.add(one)
    }
    expect(found).toEqual(new Set(['[]', '[0]', '[1]']))
  })

  it('may let reads see what the medium has', () => {
    const seen = Array.from({ length: 20 }, (_, seed) => content(failed(seed, true).file)[0])
    expect(new Set(seen)).toEqual(new Set([0, 1]))
  })

  it('is made good by writing the bytes again', () => {
    const { disk, file } = failed(1)
    file.write([bytes(1)], 0)
    file.sync()
    expect(outcomes(disk, read('/d/a'))).toEqual(new Set(['[1]']))
  })
})

describe('Faults of the simulated disk', () => {
  it('runs full, says how much room is left, and gives room back', () => {
    const disk = newDisk()
    disk.faults.capacityBytes = 2048
    const file = disk.open('/d/a', 'create')
    file.write([new Uint8Array(1024)], 0)
    expect(disk.freeBytes('/d')).toBe(1024)
    expect(failure(() => file.write([new Uint8Array(2000).fill(1)], 1000)).code).toBe('ENOSPC')
    expect([file.bytes(), disk.freeBytes('/d')]).toEqual([2048, 0])
    file.write([bytes(1)], 5)
    expect(failure(() => disk.open('/d/b', 'create')).code).toBe('ENOSPC')
    file.truncate(600)
    expect(disk.freeBytes('/d')).toBe(1024)
    disk.remove('/d/a')
    expect(disk.freeBytes('/d')).toBe(1024)
    file.close()
    expect(disk.freeBytes('/d')).toBe(2048)
  })

  it('gives the room of a file back that a rename replaces', () => {
    const disk = newDisk()
    disk.faults.capacityBytes = 4096
    for (const name of ['/d/a', '/d/b']) {
      const file = disk.open(name, 'create')
      file.write([new Uint8Array(1024)], 0)
      file.close()
    }
    disk.rename('/d/a', '/d/b')
    expect(disk.freeBytes('/d')).toBe(3072)
  })

  it('takes no room for what truncate adds', () => {
    const disk = newDisk()
    disk.faults.capacityBytes = 2048
    const file = disk.open('/d/a', 'create')
    file.truncate(1e9)
    expect(disk.freeBytes('/d')).toBe(2048)
  })

  it('fails the n-th call of a kind, as often as told; a failed write has written some or nothing', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    disk.faults.fail('write', { code: 'EIO', spared: 1, times: 2 })
    file.write([bytes(1)], 0)
    expect(failure(() => file.write([new Uint8Array(100).fill(2)], 0)).code).toBe('EIO')
    expect(failure(() => file.write([new Uint8Array(100).fill(2)], 0)).code).toBe('EIO')
    expect(file.bytes()).toBeLessThan(100)
    file.write([bytes(3)], 0)
    disk.faults.fail('read', { times: 1 })
    expect(failure(() => file.read(new Uint8Array(1), 0)).call).toBe('read')
    expect(content(file)[0]).toBe(3)
  })

  it('refuses every change when read-only, and loses what was not synced', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    file.write([bytes(1)], 0)
    file.sync()
    disk.syncFolder('/d')
    file.write([bytes(2)], 0)
    disk.faults.readOnly = true
    const refused = [
      () => file.write([bytes(3)], 0),
      () => file.sync(),
      () => file.truncate(0),
      () => disk.open('/d/b', 'create'),
      () => disk.open('/d/a', 'write'),
      () => disk.rename('/d/a', '/d/b'),
      () => disk.remove('/d/a'),
      () => disk.makeFolder('/d/x'),
    ]
    for (const call of refused) expect(failure(call).code).toBe('EROFS')
    expect(disk.list('/d')).toEqual(['a'])
    disk.faults.readOnly = false
    file.sync()
  })

  it('takes virtual time for its syncs', () => {
    const clock = new VirtualClock()
    const disk = new SimulatedDisk(chanceOf(1), (ms) => clock.advance(ms))
    disk.makeFolder('/d')
    disk.faults.syncMs = 20
    const file = disk.open('/d/a', 'create')
    file.sync()
    disk.syncFolder('/d')
    expect(clock.nowMs()).toBe(40)
  })
})

describe('Crash points', () => {
  const work = (disk: SimulatedDisk) => {
    const file = disk.open('/d/a', 'create')
    file.write([new Uint8Array(100).fill(1)], 0)
    file.sync()
    disk.syncFolder('/d')
  }

  it('counts every change', () => {
    const disk = newDisk()
    const before = disk.points.passed
    work(disk)
    expect(disk.points.passed - before).toBe(4)
  })

  it.each([
    ['before', 0, 0],
    ['during', 1, 99],
    ['after', 100, 100],
  ] as const)('ends the process %s a write', (moment, least, most) => {
    const lengths = Array.from({ length: 50 }, (_, seed) => {
      const disk = newDisk(seed)
      disk.points.crashAt(disk.points.passed + 1, moment)
      expect(() => work(disk)).toThrow(SimulatedCrash)
      return content(disk.afterKill(chanceOf(1)).open('/d/a', 'read')).length
    })
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(moment === 'during' ? 0 : least)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(most)
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(least)
  })

  it('has synced after a sync, not during it; the system may still sync later', () => {
    const disks = (['during', 'after'] as const).map((moment) => {
      const disk = newDisk()
      const file = disk.open('/d/a', 'create')
      disk.syncFolder('/d')
      file.write([bytes(1)], 0)
      disk.points.crashAt(disk.points.passed, moment)
      expect(() => file.sync()).toThrow(SimulatedCrash)
      return disk
    })
    expect(outcomes(disks[0], read('/d/a')).size).toBeGreaterThan(1)
    expect(read('/d/a')(disks[0].afterKill(chanceOf(1)))).toEqual([1])
    expect(outcomes(disks[1], read('/d/a'))).toEqual(new Set(['[1]']))
  })

  it('lets nothing more happen, whoever catches the crash', () => {
    const disk = newDisk()
    const file = disk.open('/d/a', 'create')
    disk.points.crashAt(disk.points.passed, 'before')
    const calls = [
      () => disk.syncFolder('/d'),
      () => file.write([bytes(1)], 0),
      () => file.read(new Uint8Array(1), 0),
      () => file.sync(),
      () => file.truncate(1),
      () => disk.open('/d/a', 'read'),
      () => disk.open('/d/b', 'create'),
      () => disk.exists('/d/a'),
      () => disk.list('/d'),
      () => disk.rename('/d/a', '/d/b'),
      () => disk.remove('/d/a'),
      () => disk.makeFolder('/e'),
      () => disk.freeBytes('/d'),
    ]
    for (const call of calls) expect(call).toThrow(SimulatedCrash)
    expect(disk.points.crashed).toBe(true)
    file.close()
  })

  it('ends the process though the call would have failed', () => {
    const disk = newDisk()
    disk.faults.readOnly = true
    disk.points.crashAt(disk.points.passed, 'after')
    expect(() => disk.open('/d/a', 'create')).toThrow(SimulatedCrash)
  })
})
