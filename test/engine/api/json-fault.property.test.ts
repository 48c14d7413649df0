import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findJsonFault } from '../../../src/engine/api/json-fault.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON with a few characters put in, taken out or exchanged. */
const damaged = fc
  .tuple(
    fc.oneof(
      fc.json(),
      fc.json().map((text) => JSON.stringify(JSON.parse(text), null, 2)),
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[]",:\\0-.eEtru \n\t\u0001é')), {
      maxLength: 3,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [place, removed, added]) => {
      const at = place % (edited.length + 1)
      return edited.slice(0, at) + added + edited.slice(at + removed)
    }, text),
  )

describe('findJsonFault', () => {
  it('agrees with JSON.parse on what is JSON', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string()), (text) => {
        expect(findJsonFault(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 3000 },
    )
  })

  it('points behind the longest part that could still become JSON', () => {
    fc.assert(
      fc.property(damaged, (text) => {
        const fault = findJsonFault(text)
        fc.pre(fault !== undefined)
        const offset = fault?.offset ?? 0
        // what stands before the fault has its own fault at its end, not earlier
        const before = findJsonFault(text.slice(0, offset))
        expect(before === undefined || before.offset === offset).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['[1,]', 3, 'a value'],
    ['{"a" 1}', 5, 'a colon'],
    ['{"a":1 "b"}', 7, 'a comma or }'],
    ['[1 2]', 3, 'a comma or ]'],
    ['{a:1}', 1, 'a key in double quotes or }'],
    ['1 2', 2, 'the end'],
    ['"a\nb"', 2, 'the rest of the string, then a double quote'],
    ['"\\x"', 1, 'the rest of the string, then a double quote'],
    ['01', 1, 'the end'],
    ['nul', 0, 'a value'],
  ])('finds the fault of %j at %d', (text, offset, expected) => {
    expect(findJsonFault(text)).toEqual({ offset, expected })
  })
})
