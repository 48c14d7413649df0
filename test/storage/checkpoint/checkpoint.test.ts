import { readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Disk, DiskFile, OpenMode } from '../../../src/core/disk.ts'
import { POSITION_ABSENT } from '../../../src/memory/layout/reading.layout.ts'
import * as L from '../../../src/memory/layout/lanes.layout.ts'
import { CLAIMED_FOR_CAPTURE } from '../../../src/memory/layout/capture.layout.ts'
import type { Manifest } from '../../../src/storage/checkpoint/manifest.ts'
import { EPOCH_OFFSET_MS } from '../../kernels/kernel-rig.ts'
import { DEVICES as CROWDED } from '../../kernels/random-readings.ts'
import { CheckpointRig, takeCheckpoint, temporaryFolder } from './checkpoint-rig.ts'

const DEVICES = Array.from({ length: 100 }, (_, index) => BigInt(1 + index) * 0x1234567n)
const WORKER = 0

describe('checkpoints', () => {
  let source: CheckpointRig
  let target: CheckpointRig
  let folder: ReturnType<typeof temporaryFolder>

  beforeAll(async () => {
    source = await CheckpointRig.open({ backlogBytes: 1 << 24 })
    target = await CheckpointRig.open({ backlogBytes: 1 << 24 })
  })
  beforeEach(() => {
    folder = temporaryFolder()
    source.reset()
    target.reset()
  })
  afterEach(() => folder.remove())

  const send = (value: number, devices: readonly bigint[] = DEVICES): void => {
    source.send(
      devices.map((id) => ({
        ...{ key: (id << 16n) | 1n, time: EPOCH_OFFSET_MS + value * 1000, value },
        ...{ lat: POSITION_ABSENT, lon: POSITION_ABSENT },
      })),
    )
    source.route()
  }
  const file = (suffix: string): string => {
    const folderPath = join(folder.path, 'checkpoint')
    const name = readdirSync(folderPath).find((entry) => entry.endsWith(suffix))
    return join(folderPath, name ?? 'none')
  }
  const files = (): string[] => readdirSync(join(folder.path, 'checkpoint'))
  const flip = (path: string, at: number): void => {
    const bytes = readFileSync(path)
    bytes[at < 0 ? bytes.length + at : at] ^= 4
    writeFileSync(path, bytes)
  }

  it('bring back series, windows, user state, waiting readings, positions and what the caller gave', () => {
    send(1)
    source.drainAll()
    send(2)
    const state = source.rig.plan.at.shardState
    source.rig.memory.f64[(state >>> 3) + 2 * 63 + 1] = 42
    const extras = { alerts: Buffer.from('[{"id":1}]'), none: new Uint8Array(0) }
    const { sealed, manifest } = takeCheckpoint(source.writer(folder.path), { extras, replayFrom: 99 })
    expect(sealed.positions).toEqual([source.journal.at(-1)?.position])

    const { restored, damage } = target.restore(folder.path)
    expect(damage).toEqual([])
    expect(restored?.manifest).toEqual(manifest)
    expect(manifest).toMatchObject({ run: 7, replayFrom: 99, rings: 1 })
    expect([restored?.series, restored?.waiting, restored?.isStateWhole]).toEqual([100, 100, true])
    expect(Buffer.from(restored?.extras.get('alerts') ?? []).toString()).toBe('[{"id":1}]')
    expect(restored?.extras.get('none')).toHaveLength(0)
    expect(target.rig.memory.f64[(target.rig.plan.at.shardState >>> 3) + 2 * 63 + 1]).toBe(42)
    expect(target.waiting()).toEqual(source.waiting())
    source.drainAll()
    target.drainAll()
    expect(target.series()).toEqual(source.series())
    expect(target.rig.counter(target.rig.plan.at.routerCounters + 328)).toBe(100)
  })

  it('leave nothing claimed and nothing held', () => {
    send(1)
    takeCheckpoint(source.writer(folder.path))
    const { claims } = source.rig.plan.at
    for (let shard = 0; shard < 64; shard++)
      expect([0, 4].map((at) => source.rig.word(claims + shard * L.CLAIM_STRIDE + at))).toEqual([0, 0])
    expect(source.rig.word(source.rig.plan.at.agents + 36)).toBe(0)
    source.drainAll()
    expect(source.waiting()).toEqual([0, 0, 0, 0, 0])
  })

  it('are busy while a worker holds the shard, and can be tried again', () => {
    send(1)
    const { kernels, map } = source.rig
    const shard = kernels.claimShard(map, WORKER, L.TRACK_CRITICAL + 2, 0)
    const writer = source.writer(folder.path)
    writer.begin(0)
    expect(writer.captureShard(shard)).toBe('busy')
    kernels.releaseShard(map, L.TRACK_CRITICAL + 2, shard)
    expect(writer.captureShard(shard)).toBe('captured')
  })

  it('are busy while the router does not come to rest, and let the shard go', () => {
    const state = source.rig.plan.at.agents
    source.rig.view.setUint32(state, 1, true)
    const writer = source.writer(folder.path)
    writer.begin(0)
    expect(writer.captureShard(3)).toBe('busy')
    source.rig.view.setUint32(state, 2, true)
    expect(writer.captureShard(3)).toBe('captured')
  })

  it('can be cleaned up after when their thread has died', () => {
    const { view, plan } = source.rig
    const claim = plan.at.claims + 5 * L.CLAIM_STRIDE
    view.setUint32(claim, CLAIMED_FOR_CAPTURE, true)
    view.setUint32(claim + 4, 1234, true)
    view.setUint32(plan.at.claims, 1, true)
    view.setUint32(plan.at.agents + 36, 1, true)
    source.capture().releaseAbandoned()
    expect([claim, claim + 4, plan.at.claims, plan.at.agents + 36].map((at) => source.rig.word(at))).toEqual([
      ...[0, 0, 1, 0],
    ])
  })

  it('keep a series in order whose device has changed tier while readings waited', () => {
    const one = DEVICES.slice(0, 1)
    source.rig.setDevice(one[0], { tier: 3, region: 0 })
    target.rig.setDevice(one[0], { tier: 0, region: 0 })
    send(1, one)
    send(2, one)
    source.rig.setDevice(one[0], { tier: 0, region: 0 })
    send(3, one)
    takeCheckpoint(source.writer(folder.path))
    target.restore(folder.path)
    const { kernels, map } = target.rig
    const shard = kernels.claimShard(map, WORKER, L.TRACK_CRITICAL, 0)
    const values: number[] = []
    for (;;) {
      const lane = kernels.laneToWork(map, WORKER, L.TRACK_CRITICAL, shard) >>> 0
      if (lane === 0) break
      kernels.openSlice(map, lane, 1)
      values.push(target.rig.double(target.rig.word(lane + L.LANE_READ) + 16))
      kernels.closeSlice(map, WORKER, lane, 1, 0)
    }
    expect(values).toEqual([1, 2, 3])
  })

  it('write only what has changed, and all of it again after a while', () => {
    send(1)
    source.drainAll()
    const writer = source.writer(folder.path)
    const full = takeCheckpoint(writer).sealed.bytes
    const idle = takeCheckpoint(writer).sealed.bytes
    expect(idle).toBe(64 * (64 + source.rig.plan.needs.shardStateBytes))
    send(2, DEVICES.slice(0, 1))
    source.drainAll()
    const { bytes } = takeCheckpoint(writer).sealed
    expect(bytes).toBeGreaterThan(idle)
    expect(bytes).toBeLessThan(full / 2)
    target.restore(folder.path)
    expect(target.series()).toEqual(source.series())
    const sizes = Array.from({ length: 8 }, () => takeCheckpoint(writer).sealed.bytes)
    expect(sizes.some((size) => size >= full) && sizes.some((size) => size === idle)).toBe(true)
    expect(files().filter((name) => name.endsWith('manifest'))).toHaveLength(2)
  })

  it('take kilobytes for a small fleet in a large plan', async () => {
    const large = await CheckpointRig.open({ series: 200_000 })
    large.reset()
    large.send([{ key: 65537n, time: 0, value: 1, lat: POSITION_ABSENT, lon: POSITION_ABSENT }])
    large.route()
    expect(takeCheckpoint(large.writer(folder.path)).sealed.bytes).toBeLessThan(10_000)
  })

  it('count only when published', () => {
    send(1)
    const writer = source.writer(folder.path)
    writer.begin(0)
    for (let shard = 0; shard < 64; shard++) writer.captureShard(shard)
    writer.seal({})
    expect(target.restore(folder.path).restored).toBeUndefined()
    writer.abandon()
    expect(files()).toEqual([])
    expect(writer.retireBefore).toBeUndefined()
  })

  it('remove what an interrupted one has left', () => {
    const interrupted = source.writer(folder.path)
    interrupted.begin(0)
    interrupted.captureShard(0)
    const writer = source.writer(folder.path)
    takeCheckpoint(writer)
    expect(files().map((name) => name.replace(/\d+/, ''))).toEqual([
      'checkpoint-.data',
      'checkpoint-.manifest',
    ])
    interrupted.abandon()
  })

  it('take over what the caller says is the same, until they are written in full again', () => {
    send(1)
    source.drainAll()
    const writer = source.writer(folder.path)
    const registry = Buffer.from('devices')
    const placeOf = ({ extras }: Manifest) => extras.find(({ name }) => name === 'registry')?.file
    const take = (): Manifest => {
      writer.begin(0)
      for (let shard = 0; shard < 64; shard++) writer.captureShard(shard)
      if (writer.reusable.includes('registry')) writer.seal({}, ['registry'])
      else writer.seal({ registry })
      return writer.publish()
    }
    const manifests = Array.from({ length: 10 }, take)
    const isFull = ({ shards }: Manifest) => shards[0].parts.length === 1
    let last = 0
    for (const manifest of manifests) {
      if (isFull(manifest)) last = manifest.number
      expect(placeOf(manifest)).toBe(last)
    }
    expect(last).toBeGreaterThan(1)
    const { restored, damage } = target.restore(folder.path)
    expect(damage).toEqual([])
    expect(Buffer.from(restored?.extras.get('registry') ?? []).toString()).toBe('devices')
  })

  it('are written in portions, each made safe before the next, with a rest behind it', () => {
    send(1)
    const calls: string[] = []
    let longest = 0
    const disk = Object.assign(Object.create(source.disk) as Disk, {
      open: (path: string, mode: OpenMode): DiskFile => {
        const file = source.disk.open(path, mode)
        return Object.assign(Object.create(file) as DiskFile, {
          write: (parts: readonly Uint8Array[], at: number) => {
            const bytes = parts.reduce((sum, part) => sum + part.length, 0)
            longest = Math.max(longest, bytes)
            calls.push('write')
            file.write(parts, at)
          },
          ...{ read: file.read.bind(file), bytes: file.bytes.bind(file), close: file.close.bind(file) },
          sync: () => {
            calls.push('sync')
            file.sync()
          },
        })
      },
    })
    const writer = source.writer(folder.path, source.capture(), [], {
      disk,
      rest: () => void calls.push('rest'),
    })
    const large = new Uint8Array(5 * (1 << 20)).fill(7)
    takeCheckpoint(writer, { extras: { large } })
    expect(longest).toBeLessThanOrEqual(1 << 20)
    expect(calls.filter((call) => call === 'rest').length).toBeGreaterThanOrEqual(5)
    calls.forEach((call, i) => call === 'rest' && expect(calls[i - 1]).toBe('sync'))
    // not by toEqual, which takes a minute for so many
    const found = target.restore(folder.path).restored?.extras.get('large')
    expect(Buffer.compare(found!, large)).toBe(0)
  })

  it('leave only the newest when there is no room for another one', () => {
    const writer = source.writer(folder.path)
    expect(writer.roomBytes).toBe(0)
    for (const value of [1, 2]) {
      send(value)
      takeCheckpoint(writer)
    }
    const written = files().filter((name) => name.endsWith('.data')).length
    expect(written).toBe(2)
    expect(writer.roomBytes).toBeGreaterThan(1000)
    writer.begin(0)
    writer.abandon()
    expect(writer.makeRoom()).toContain('the older of the two that were kept has been removed')
    expect(files().filter((name) => name.endsWith('.manifest'))).toHaveLength(1)
    expect(writer.makeRoom()).not.toContain('removed')
    expect(target.restore(folder.path).restored?.manifest.number).toBe(2)
  })

  it('let the journal go up to the older of two', () => {
    const writer = source.writer(folder.path)
    takeCheckpoint(writer, { replayFrom: 10 })
    expect(writer.retireBefore).toBeUndefined()
    takeCheckpoint(writer, { replayFrom: 20 })
    expect(writer.retireBefore).toBe(10)
    takeCheckpoint(source.writer(folder.path), { replayFrom: 30 })
    expect(source.writer(folder.path).retireBefore).toBe(20)
    expect(source.writer(folder.path, source.capture(), [3]).retireBefore).toBeUndefined()
  })

  describe('of which the newest is damaged', () => {
    let older: ReadonlyMap<bigint, object>

    beforeEach(() => {
      send(1)
      source.drainAll()
      older = source.series()
      takeCheckpoint(source.writer(folder.path))
      send(2)
      source.drainAll()
      takeCheckpoint(source.writer(folder.path), { extras: { alerts: Buffer.from('[]') } })
    })

    const newest = (suffix: string): string => file(`2.${suffix}`)
    const cases: readonly (readonly [string, () => void, RegExp])[] = [
      ['a bit of its manifest', () => flip(newest('manifest'), 40), /bad sum/],
      ['its manifest cut short', () => truncateSync(newest('manifest'), 40), /no end of line/],
      ['an empty manifest', () => truncateSync(newest('manifest'), 0), /no end of line/],
      ['a bit of a header', () => flip(newest('data'), 16), /shard 0: bad header sum/],
      ['a bit of a row', () => flip(newest('data'), 200), /shard 0: bad sum/],
      ['a bit of an extra', () => flip(newest('data'), -8), /alerts: bad sum/],
      [
        'its data cut short',
        () => truncateSync(newest('data'), statSync(newest('data')).size - 9),
        /ends before/,
      ],
      ['its data gone', () => unlinkSync(newest('data')), /missing/],
    ]
    it.each(cases)('fall back to the one before and say why: %s', (_, damage, problem) => {
      damage()
      const recovery = target.restore(folder.path)
      expect(recovery.damage).toHaveLength(1)
      expect(recovery.damage[0].problem).toMatch(problem)
      expect(recovery.restored?.manifest.number).toBe(1)
      expect(target.series()).toEqual(older)
      expect(target.rig.counter(target.rig.plan.at.routerCounters + 328)).toBe(100)
    })

    it('say when none is left', () => {
      for (const name of files().filter((entry) => entry.endsWith('manifest')))
        flip(join(folder.path, 'checkpoint', name), 3)
      const recovery = target.restore(folder.path)
      expect(recovery.restored).toBeUndefined()
      expect(recovery.damage).toHaveLength(2)
    })
  })

  it('say what to do when they do not fit', async () => {
    send(1)
    takeCheckpoint(source.writer(folder.path))
    target.reset({ seriesLimit: 99 })
    expect(() => target.restore(folder.path)).toThrow(
      /limits.series is 99, but the checkpoint has 100 series/,
    )
    send(1, CROWDED)
    const short = await CheckpointRig.open({ backlogBytes: 1 << 15 })
    short.reset()
    expect(() => short.restore(folder.path)).toThrow(/limits.backlogBytes/)
    source.drainAll()
    takeCheckpoint(source.writer(folder.path))
    const narrow = await CheckpointRig.open({ series: 20 })
    narrow.reset()
    expect(() => narrow.restore(folder.path)).toThrow(/raise limits.series/)
  })

  it('keep as much of the user state as fits when the pipeline asks for another size', async () => {
    const { f64 } = source.rig.memory
    f64.set([1, 2, 3, 4], source.rig.plan.at.shardState >>> 3)
    takeCheckpoint(source.writer(folder.path))
    const wider = await CheckpointRig.open({ shardStateBytes: 24 })
    wider.reset()
    expect(wider.restore(folder.path).restored?.isStateWhole).toBe(false)
    const at = wider.rig.plan.at.shardState >>> 3
    expect([...wider.rig.memory.f64.subarray(at, at + 6)]).toEqual([1, 2, 0, 3, 4, 0])
  })
})
