/**
 * Damage to the journal of a server that has been killed. What lies behind the last record that holds an acknowledged
 * frame was promised to nobody, and may come to any grief.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../src/core/random.ts'
import { NOTE_CLIENT } from '../../src/memory/layout/ring.layout.ts'
import { NodeDisk } from '../../src/storage/disk/node-disk.ts'
import { plainRoom } from '../../src/storage/journal/checksum.ts'
import { framesOf, noteText } from '../../src/storage/journal/frames.ts'
import { JournalReader } from '../../src/storage/journal/journal-reader.ts'
import { RECORD_HEADER_BYTES } from '../../src/storage/journal/record.layout.ts'
import { journalFolder } from '../../src/storage/journal/segment.ts'
import type { Generation } from './generation.ts'

interface Place {
  readonly path: string
  readonly offset: number
  readonly bytes: number
  /** Some of it was acknowledged, or may have been. */
  readonly isPromised: boolean
  readonly hasReadings: boolean
}

/** Room behind the last record that may be damaged, too. */
const BEHIND = 2048

/** Tears the last writes, as far as nobody was told of them. */
export function damageTail(generation: Generation, random: Random): void {
  const places = recordsOf(generation)
  const promised = places.findLast(({ isPromised }) => isPromised)
  const last = places.at(-1)
  if (last === undefined) return
  const isSameSegment = promised?.path === last.path
  const from = isSameSegment ? promised.offset + promised.bytes : firstOf(places, last.path).offset
  const to = last.offset + last.bytes + BEHIND
  const file = openSync(last.path, 'r+')
  const zone = Buffer.alloc(to - from)
  const length = readSync(file, zone, 0, zone.length, from)
  writeSync(file, tear(zone.subarray(0, length), random), 0, length, from)
  closeSync(file)
}

/** Flips a bit in one of the last records that were acknowledged. */
export function flipAcknowledged(generation: Generation, random: Random): void {
  const promised = recordsOf(generation).filter(({ isPromised, hasReadings }) => isPromised && hasReadings)
  const place = promised[Math.max(0, promised.length - 1 - Math.floor(random() * 20))]
  if (place === undefined) return
  const file = openSync(place.path, 'r+')
  const at = place.offset + Math.floor(random() * place.bytes)
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte[0] ^= 1 << Math.floor(random() * 8)
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

/** Zeros from somewhere on, noise from somewhere on, a hole, or a flipped bit. */
function tear(zone: Buffer, random: Random): Buffer {
  const from = Math.floor(random() * zone.length)
  const kind = Math.floor(random() * 4)
  if (kind === 0) zone.fill(0, from)
  else if (kind === 1) for (let i = from; i < zone.length; i++) zone[i] = Math.floor(random() * 256)
  else if (kind === 2) zone.fill(0, from, Math.min(zone.length, from + 512))
  else if (from < zone.length) zone[from] ^= 1 << Math.floor(random() * 8)
  return zone
}

const firstOf = (places: readonly Place[], path: string): Place =>
  places.find((place) => place.path === path)!

function recordsOf({ data, senders, changes }: Generation): Place[] {
  const folder = journalFolder(data)
  const bySender = new Map([...senders, changes.sender].map((sender) => [sender.options.client, sender]))
  const names = new Map<string, string>()
  const reader = new JournalReader({
    ...{ disk: new NodeDisk(), folder, room: plainRoom(), onFinding: () => undefined },
  })
  const places: Place[] = []
  for (const { segment, offset, payload, run, ring } of reader.records(0)) {
    let isPromised = false
    let hasReadings = false
    for (const frame of framesOf(payload)) {
      const key = `${run} ${ring} ${frame.source}`
      if (frame.note === NOTE_CLIENT) names.set(key, noteText(frame))
      hasReadings ||= frame.readingCount > 0
      if (frame.seq === 0) continue
      const sender = bySender.get(names.get(key) ?? '')
      // of a client that is not known nobody can say that it was told nothing
      isPromised ||= sender === undefined || sender.isAcknowledged(frame.seq)
    }
    const bytes = RECORD_HEADER_BYTES + payload.length
    places.push({ path: join(folder, segment), offset, bytes, isPromised, hasReadings })
  }
  return places
}
