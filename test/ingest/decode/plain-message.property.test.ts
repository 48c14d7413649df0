import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../../src/core/ids.ts'
import { JSON_READING_OFFSET, JsonFrame } from '../../../src/ingest/decode/json-frame.ts'
import { JsonMessage } from '../../../src/ingest/decode/json-message.ts'
import { MOST_READINGS, PlainMessage } from '../../../src/ingest/decode/plain-message.ts'
import { reserveMemory, viewMemory } from '../../../src/memory/shared-memory.ts'
import { mustBe, mustEqual } from '../../same.ts'
import { testNames, testNamesOf } from '../intake-fixture.ts'
import { utf8 } from '../frames.ts'

const memory = viewMemory(reserveMemory(1 << 18))
const [PLAIN_AT, OTHER_AT] = [64, 1 << 17]
const frame = new JsonFrame(memory, testNames)
const plain = new PlainMessage(testNames)
const message = new JsonMessage()

interface Laid {
  readonly seq: number
  readonly bytes: string
  readonly faults: readonly string[]
}

function laid(seq: number, address: number, write: (address: number) => number): Laid {
  const end = address + JSON_READING_OFFSET + 32 * write(address)
  const bytes = Buffer.from(memory.bytes.subarray(address, end)).toString('hex')
  return { seq, bytes, faults: frame.faults.map((fault) => JSON.stringify(fault)) }
}

/** What a text becomes without JSON.parse; undefined = it is left to JSON.parse. */
function plainly(text: string): Laid | undefined {
  if (!plain.read(utf8(text))) return undefined
  return laid(plain.seq, PLAIN_AT, (at) => frame.writePlain(plain, at))
}

function byParsing(text: string): Laid | string {
  const problem = message.parse(text)
  return problem === ''
    ? laid(message.seq, OTHER_AT, (at) => frame.write(message.readings, at))
    : `refused: ${problem}`
}

const READING = '{"device":"pump-7","metric":"temperature","value":21.4}'

const numbers = fc.oneof(
  { weight: 8, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => JSON.stringify(x)) },
  { weight: 8, arbitrary: fc.integer({ min: -1e6, max: 1e6 }).map((x) => String(x / 1000)) },
  fc.constantFrom(
    '0',
    '-0',
    '1e3',
    '-1.5E-7',
    '1E+2',
    '9007199254740993',
    '0.1',
    '1e999',
    '123456789012345.678',
  ),
  {
    weight: 1,
    arbitrary: fc.constantFrom('01', '1.', '.5', '-', '+1', '1e', '1e+', 'NaN', '0x10', '1_0', '"1"', 'null'),
  },
)
const names = fc.oneof(
  fc.constantFrom(
    'pump-7',
    'unknown-1',
    '',
    'a'.repeat(256),
    'a'.repeat(257),
    'ä',
    'a\\"b',
    '\\u0061',
    'a\u007f',
  ),
  {
    weight: 2,
    arbitrary: fc.string({ minLength: 1, maxLength: 60 }).map((text) => JSON.stringify(text).slice(1, -1)),
  },
)
const quoted = names.map((name) => `"${name}"`)
const space = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('', '', ' ', '\n\t', '\r\n  ') },
  fc.constant('\v'),
)
const members = fc.record(
  {
    device: quoted,
    metric: fc.constantFrom('"temperature"', '"humidity"', '"mood"'),
    value: fc.oneof(numbers, fc.constantFrom('true', 'false', 'tru', 'nul')),
    time: numbers,
    lat: numbers,
    lon: numbers,
    extra: numbers,
  },
  { requiredKeys: ['device', 'metric', 'value'] },
)
const readings = fc
  .tuple(members, space, fc.integer({ min: 0, max: 200 }), fc.constantFrom('', ',', ',"value":2'))
  .map(([given, gap, turn, end]) => {
    const entries = Object.entries(given).filter(([name]) => name !== 'extra' || turn === 0)
    const order = turn % entries.length
    const turned = [...entries.slice(order), ...entries.slice(0, order)]
    const inside = turned.map(([name, value]) => `${gap}"${name}"${gap}:${gap}${value}${gap}`).join(',')
    return `{${inside}${turn < 190 ? '' : end}}`
  })
const lists = fc
  .tuple(fc.array(readings, { maxLength: 4 }), space)
  .map(([list, gap]) => `[${gap}${list.join(`${gap},${gap}`)}${gap}]`)
const texts = fc.oneof(
  readings,
  lists,
  fc.tuple(lists, numbers, space).map(([list, seq, gap]) => `{"seq":${seq},${gap}"readings":${list}}${gap}`),
  fc.tuple(lists, fc.nat()).map(([list, seq]) => `{"readings":${list},"seq":${seq}}`),
  fc
    .tuple(lists, fc.constantFrom(',', '}', ' x', ',"more":1}', '{'))
    .map(([list, end]) => `{"readings":${list}${end}`),
)
/** One character in another's place, or gone. */
const broken = fc
  .tuple(
    texts,
    fc.nat(),
    fc.constantFrom('', '"', '{', '}', '[', ',', ':', '\\', '0', ' ', 'e', '.', '\u0000'),
  )
  .map(([text, place, with_]) => {
    const at = place % Math.max(1, text.length)
    return text.slice(0, at) + with_ + text.slice(at + 1)
  })

describe('a message read without JSON.parse', () => {
  it('is the same as with it, whenever it is taken', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.oneof(texts, broken), (text) => {
        const found = plainly(text)
        if (found === undefined) return
        taken++
        mustEqual(found, byParsing(text), text)
      }),
      { numRuns: 20_000 },
    )
    expect(taken).toBeGreaterThan(2000)
  }, 120_000)

  it.each([
    READING,
    ` { "value" : -1.5e-3 ,\n"metric":"humidity", "device" : "d" } \r\n`,
    '{"device":"d","metric":"humidity","value":true}',
    '{"device":"d","metric":"humidity","value":false,"time":1767225600000.25,"lat":-90,"lon":180}',
    `[${READING},${READING}]`,
    '[]',
    `{"seq":4294967295,"readings":[${READING}]}`,
    `{"readings":[],"seq":0}`,
    `{"readings":[${READING}]}`,
    `[${Array(MOST_READINGS).fill(READING).join(',')}]`,
  ])('takes %s', (text) => {
    expect(plainly(text)).toEqual(byParsing(text))
  })

  it.each([
    ['', 'nothing'],
    ['5', 'no object'],
    [`\ufeff${READING}`, 'a byte order mark'],
    [READING.replace('pump', 'pümp'), 'more than ASCII'],
    [READING.replace('pump', 'p\\u0075mp'), 'an escape'],
    [READING.replace('21.4', '21.4,"value":3'), 'a member that comes twice'],
    [READING.replace('}', ',"v":1}'), 'an unknown member'],
    [`${READING}${READING}`, 'two messages'],
    [`{"seq":1}`, 'no readings'],
    [`{"seq":1.5,"readings":[]}`, 'no whole number'],
    [`{"seq":4294967296,"readings":[]}`, 'too large a number'],
    [`{"seq":-1,"readings":[]}`, 'a negative number'],
    [
      `[${Array(MOST_READINGS + 1)
        .fill(READING)
        .join(',')}]`,
      'very many readings',
    ],
  ])('leaves %s to it: %s', (text) => {
    expect(plainly(text)).toBeUndefined()
  })

  it('rounds numbers as JSON.parse does', () => {
    const own = new Float64Array(1)
    const numbersOnly = fc.oneof(
      fc.tuple(fc.bigInt(0n, 10n ** 17n), fc.nat(17)).map(([digits, places]) => {
        const text = digits.toString().padStart(places + 1, '0')
        return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`
      }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    )
    fc.assert(
      fc.property(numbersOnly, fc.boolean(), (size, isNegative) => {
        const text = `${isNegative ? '-' : ''}${size}`.replace(/^--/, '')
        fc.pre(plain.read(utf8(READING.replace('21.4', text))))
        own[0] = plain.numbers[0]
        mustBe(own[0], JSON.parse(text), text)
      }),
      { numRuns: 20_000 },
    )
  })
})

describe('names in bytes', () => {
  const named = (device: string): string => READING.replace('pump-7', device)

  it('are asked for once, and again when a name may be known no longer', () => {
    const names = testNamesOf()
    const one = new PlainMessage(names)
    const ask = (): number => (one.read(utf8(READING)) ? one.deviceId(0) : NaN)
    expect([ask(), ask(), ask()]).toEqual(Array(3).fill(deviceIdOf('pump-7')))
    expect(names.asked).toEqual(['pump-7'])
    names.generation++
    expect(ask()).toBe(deviceIdOf('pump-7'))
    expect(names.asked).toEqual(['pump-7', 'pump-7'])
  })

  it('that are not admitted are asked for each time', () => {
    const names = testNamesOf()
    const one = new PlainMessage(names)
    for (let i = 0; i < 3; i++) if (one.read(utf8(named('unknown-1')))) expect(one.deviceId(0)).toBe(0)
    expect(names.asked).toHaveLength(3)
  })

  it('are nobody else’s, however many and however long', () => {
    const one = new PlainMessage(testNamesOf())
    const all = Array.from({ length: 3000 }, (_, i) => `${'x'.repeat(i % 70)}${i}`)
    for (let round = 0; round < 2; round++)
      for (const name of all) {
        expect(one.read(utf8(named(name)))).toBe(true)
        expect(one.deviceId(0)).toBe(deviceIdOf(name))
      }
  })
})
