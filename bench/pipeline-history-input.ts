/** Readings of devices that send once a second, as a file of each format; put together from bytes, as a line each would take minutes. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { frameOf, putReading, viewOf } from '../src/client/frame-encoder.ts'
import { newCourse } from '../src/client/frame.ts'
import { deviceIdOf } from '../src/core/ids.ts'

export type RecordedFormat = 'mrf' | 'csv' | 'ndjson'

const START = Date.UTC(2026, 0, 1)
const VALUES = 4000
/** Around the device's name, and around the time. */
const TEXTS = {
  csv: ['', ',power,', ',', '\n'],
  ndjson: ['{"device":"', '","metric":"power","value":', ',"time":', '}\n'],
} as const

export function writeReadings(path: string, format: RecordedFormat, devices: number, seconds: number): void {
  const file = openSync(path, 'w')
  const next = format === 'mrf' ? frames(devices) : lines(format, devices)
  if (format === 'csv') writeSync(file, 'device,metric,value,time\n')
  for (let second = 0; second < seconds; second++) writeSync(file, next(second))
  closeSync(file)
}

const valueIndex = (second: number, device: number): number => (second * 31 + device * 17) % VALUES

function lines(format: 'csv' | 'ndjson', devices: number): (second: number) => Uint8Array {
  const [before, behind, beforeTime, end] = TEXTS[format]
  const names = Array.from({ length: devices }, (_, i) => Buffer.from(`${before}meter-${i}${behind}`))
  const values = Array.from({ length: VALUES }, (_, i) => Buffer.from(String(i / 10)))
  const room = new Uint8Array(devices * 128)
  return (second) => {
    const time = Buffer.from(`${beforeTime}${START + second * 1000}${end}`)
    let at = 0
    for (let i = 0; i < devices; i++) {
      at = copy(names[i], room, at)
      at = copy(values[valueIndex(second, i)], room, at)
      at = copy(time, room, at)
    }
    return room.subarray(0, at)
  }
}

function copy(bytes: Uint8Array, into: Uint8Array, at: number): number {
  for (let i = 0; i < bytes.length; i++) into[at + i] = bytes[i]
  return at + bytes.length
}

function frames(devices: number): (second: number) => Uint8Array {
  const ids = Array.from({ length: devices }, (_, i) => deviceIdOf(`meter-${i}`))
  const bytes = new Uint8Array(32 * devices)
  const view = viewOf(bytes)
  return (second) => {
    ids.forEach((id, i) =>
      putReading(view, 32 * i, id, 1, valueIndex(second, i) / 10, START + second * 1000, NaN, NaN),
    )
    const whole = frameOf(0, bytes, newCourse(0)).bytes
    const prefix = Buffer.alloc(4)
    prefix.writeUInt32LE(whole.length)
    return Buffer.concat([prefix, whole])
  }
}
