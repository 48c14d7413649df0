import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../../src/core/ids.ts'
import { JSON_READING_OFFSET, JsonFrame, readingCapacity } from '../../../src/ingest/decode/json-frame.ts'
import { JsonMessage } from '../../../src/ingest/decode/json-message.ts'
import { reserveMemory, viewMemory } from '../../../src/memory/shared-memory.ts'
import { testNames } from '../intake-fixture.ts'

const memory = viewMemory(reserveMemory(65_536))
const view = new DataView(memory.memory.buffer)
const ADDRESS = 64
const ABSENT = -2147483648

const message = new JsonMessage()
const jsonFrame = new JsonFrame(memory, testNames)

function write(readings: unknown): number {
  expect(message.parse(JSON.stringify(readings))).toBe('')
  return jsonFrame.write(message.readings, ADDRESS)
}

function written(index: number): { series: bigint; time: number; value: number; lat: number; lon: number } {
  const at = ADDRESS + JSON_READING_OFFSET + index * 32
  return {
    series: view.getBigUint64(at, true),
    time: view.getFloat64(at + 8, true),
    value: view.getFloat64(at + 16, true),
    lat: view.getInt32(at + 24, true),
    lon: view.getInt32(at + 28, true),
  }
}

const reading = { device: 'pump-7', metric: 'temperature', value: 21.4 }
const series = seriesKey(deviceIdOf('pump-7'), 1)

describe('JsonMessage', () => {
  it('takes one reading, an array and the numbered form', () => {
    expect(message.parse(JSON.stringify(reading))).toBe('')
    expect([message.seq, message.readings]).toEqual([0, [reading]])
    expect(message.parse(JSON.stringify([reading, reading]))).toBe('')
    expect([message.seq, message.readings.length]).toEqual([0, 2])
    expect(message.parse(JSON.stringify({ seq: 4294967295, readings: [] }))).toBe('')
    expect([message.seq, message.readings.length]).toEqual([4294967295, 0])
  })

  it.each([
    ['{', /^not valid JSON/],
    ['', /^not valid JSON/],
    ['NaN', /^not valid JSON/],
    ['5', /^a message is a reading, an array/],
    ['null', /^a message is a reading, an array/],
    ['{"seq":1}', /^"readings" must be an array/],
    ['{"readings":{}}', /^"readings" must be an array/],
    ['{"seq":-1,"readings":[]}', /^"seq" must be a whole number/],
    ['{"seq":1.5,"readings":[]}', /^"seq" must be a whole number/],
    ['{"seq":"1","readings":[]}', /^"seq" must be a whole number/],
    ['{"seq":4294967296,"readings":[]}', /^"seq" must be a whole number/],
    ['{"seq":1,"readings":[],"v":1}', /^"v" is not a member of a message/],
  ])('refuses %s', (text, problem) => {
    expect(message.parse(text)).toMatch(problem)
  })
})

describe('JsonFrame', () => {
  it('writes every member', () => {
    expect(write({ ...reading, time: 1767225600000, lat: 52.52, lon: -13.405 })).toBe(1)
    expect(written(0)).toEqual({ series, time: 1767225600000, value: 21.4, lat: 525200000, lon: -134050000 })
  })

  it('marks what is left out', () => {
    write({ ...reading, lat: 0 })
    expect(written(0)).toEqual({ series, time: NaN, value: 21.4, lat: 0, lon: ABSENT })
  })

  it('takes booleans as 0 and 1', () => {
    write([
      { ...reading, value: true },
      { ...reading, value: false },
    ])
    expect([written(0).value, written(1).value]).toEqual([1, 0])
  })

  it('keeps positions off the globe off the globe', () => {
    write([
      { ...reading, lat: 90.1, lon: 180.1 },
      { ...reading, lat: -1e300, lon: 1e300 },
      { ...reading, lat: 90, lon: -180 },
    ])
    expect(written(0)).toMatchObject({ lat: 900000001, lon: 1800000001 })
    expect(written(1)).toMatchObject({ lat: -900000001, lon: 1800000001 })
    expect(written(2)).toMatchObject({ lat: 900000000, lon: -1800000000 })
  })

  it('clears the room before the readings', () => {
    memory.bytes.fill(255, ADDRESS, ADDRESS + 64)
    write(reading)
    expect(memory.bytes.subarray(ADDRESS, ADDRESS + 32).every((byte) => byte === 0)).toBe(true)
  })

  it.each<[unknown, string]>([
    [7, 'type: reading 1: must be an object, not a number'],
    [null, 'type: reading 1: must be an object, not null'],
    [[reading], 'type: reading 1: must be an object, not an array'],
    [{}, 'json: reading 1: "device" is missing'],
    [{ ...reading, device: undefined }, 'json: reading 1: "device" is missing'],
    [{ ...reading, device: undefined, dev: 'x' }, 'json: reading 1: "dev" is not a member of a reading'],
    [{ ...reading, v: 1 }, 'json: reading 1: "v" is not a member of a reading'],
    [{ ...reading, metric: undefined }, 'json: reading 1: "metric" is missing'],
    [{ ...reading, value: undefined }, 'json: reading 1: "value" is missing'],
    [
      { ...reading, device: 5 },
      'type: reading 1: "device" must be a string of 1 to 256 characters, not a number',
    ],
    [
      { ...reading, device: '' },
      'type: reading 1: "device" must be a string of 1 to 256 characters, not a string of 0',
    ],
    [{ ...reading, metric: 'm'.repeat(257) }, 'type: reading 1: "metric" must be a string of 1 to 256'],
    [{ ...reading, value: '1' }, 'type: reading 1: "value" must be a number or a boolean, not a string'],
    [{ ...reading, time: null }, 'type: reading 1: "time" must be a number or left out, not null'],
    [{ ...reading, lat: '1' }, 'type: reading 1: "lat" must be a number or left out, not a string'],
    [{ ...reading, lon: true }, 'type: reading 1: "lon" must be a number or left out, not a boolean'],
    [{ ...reading, device: 'unknown-1' }, 'unknown-device: reading 1: device "unknown-1" is not admitted'],
    [{ ...reading, metric: 'mood' }, 'unknown-metric: reading 1: metric "mood" is not admitted'],
  ])('leaves out %o and keeps its neighbours', (wrong, why) => {
    expect(write([reading, wrong, { ...reading, value: 3 }])).toBe(2)
    expect(jsonFrame.faults).toHaveLength(1)
    expect(jsonFrame.faults[0].index).toBe(1)
    expect(jsonFrame.faults[0].message).toContain(why)
    expect([written(0).value, written(1).value]).toEqual([21.4, 3])
  })

  it('does not take a prototype for members', () => {
    expect(message.parse('{"__proto__":{"device":"a","metric":"temperature","value":1}}')).toBe('')
    expect(jsonFrame.write(message.readings, ADDRESS)).toBe(0)
  })

  it('claims room for no more readings than the text can hold', () => {
    const shortest = '{"device":"a","metric":"b","value":1}'
    expect(readingCapacity(1, shortest.length)).toBe(1)
    expect(readingCapacity(350_000, 1 << 20)).toBeLessThan(30_000)
  })
})
