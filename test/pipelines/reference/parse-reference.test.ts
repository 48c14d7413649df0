import { describe, expect, it } from 'vitest'
import { parseReference } from '../../../src/pipelines/reference/parse-reference.ts'

const parse = (text: string, file = 'sites.csv') => [...parseReference(text, { file, column: 'id' }).rows]

describe('parseReference', () => {
  it('reads CSV with a header, values as they stand there', () => {
    expect(parse('site,id\nnorth,1\n"south, far",02\n')).toEqual([
      ['1', { site: 'north', id: '1' }],
      ['02', { site: 'south, far', id: '02' }],
    ])
  })

  it('reads a JSON array of objects', () => {
    expect(parse('[{"id": 1, "limit": 8}, {"id": "b", "limits": [1]}]', 'sites.JSON')).toEqual([
      ['1', { id: 1, limit: 8 }],
      ['b', { id: 'b', limits: [1] }],
    ])
  })

  it('knows no column that an object inherits', () => {
    expect(parse('[{"id": 1, "__proto__": {"x": 1}}]', 'a.json')[0][1]).not.toHaveProperty('x')
    expect(() => parseReference('[{}]', { file: 'a.json', column: 'constructor' })).toThrow('element 0')
  })

  it('says what is wrong, and where', () => {
    const csv: [string, string][] = [
      ['', 'sites.csv: the file is empty; the first line must name the columns'],
      ['a,b\n', 'sites.csv: no column is called "id"; there are a, b'],
      ['id,id\n', 'sites.csv: the header names "id" twice'],
      ['id,b\n1\n', 'sites.csv: line 2: 1 fields, but the header names 2'],
      ['id,b\n1,2\n\n1,3\n', 'sites.csv: line 4: "id" is "1" again, as in line 2'],
      ['id,b\n,2\n', 'sites.csv: line 2: "id" must be a text or a number, for it is the key'],
      ['id,b\n"1,2\n', 'sites.csv: line 2: a quoted field that does not end'],
    ]
    for (const [text, message] of csv) expect(() => parse(text)).toThrow(message)
    const json: [string, string][] = [
      ['{}', 'a.json: must be an array of objects'],
      ['[1]', 'a.json: element 0: must be an object'],
      ['[{"id": 1}, {"name": 2}]', 'a.json: element 1: "id" must be a text or a number'],
      ['[{"id": 1}, {"id": "1"}]', 'a.json: element 1: "id" is "1" again, as in element 0'],
      ['[{"id": 1}', 'a.json: '],
    ]
    for (const [text, message] of json) expect(() => parse(text, 'a.json')).toThrow(message)
  })
})
