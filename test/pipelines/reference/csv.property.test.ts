import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../../../src/pipelines/reference/csv.ts'

const fieldsOf = (text: string): readonly (readonly string[])[] => readCsv(text).map(({ fields }) => fields)

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`
const written = (field: string): string => (/[",\r\n]/.test(field) ? quoted(field) : field)

describe('readCsv', () => {
  it('reads back what was written', () => {
    const field = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', ' ', 'ü') }),
    )
    const record = fc.array(field, { minLength: 2, maxLength: 5 })
    const ends = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(fc.array(record), ends, fc.boolean(), fc.boolean(), (records, end, isEnded, allQuoted) => {
        const lines = records.map((fields) => fields.map(allQuoted ? quoted : written).join(','))
        expect(fieldsOf(lines.join(end) + (isEnded ? end : ''))).toEqual(records)
      }),
    )
  })

  it('says in which line a record begins, over line ends in fields', () => {
    const records = readCsv('\ufeffa,b\r\n"1\r\n2","x\n\n"\r\n\r\n3,4')
    expect(records.map(({ line }) => line)).toEqual([1, 2, 7])
    expect(records[0].fields).toEqual(['a', 'b'])
  })

  it('keeps empty fields and leaves out empty lines', () => {
    expect(fieldsOf('')).toEqual([])
    expect(fieldsOf('\n\n')).toEqual([])
    expect(fieldsOf(',\n"",')).toEqual([
      ['', ''],
      ['', ''],
    ])
  })

  it('refuses what RFC 4180 does not know, with the line', () => {
    expect(() => readCsv('a\nb"c')).toThrow('line 2: a quote inside a field that does not begin with one')
    expect(() => readCsv('a\n"b"c')).toThrow('line 2: "c" where a comma or the end of the line should be')
    expect(() => readCsv('a\n"x\n\nb')).toThrow('line 2: a quoted field that does not end')
    expect(() => readCsv('a\rb')).toThrow('line 1: "\\r" where a comma')
  })
})
