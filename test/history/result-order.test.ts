import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineCollector } from '../../src/history/run/line-batch.ts'
import { ResultOrder } from '../../src/history/run/result-order.ts'

interface Line {
  readonly time: number
  readonly key: string
  readonly text: string
  readonly thread: number
}

const lines = fc.array(
  fc.record({
    time: fc.nat(5),
    key: fc.constantFrom('a', 'ab', 'b', 'ä', '\u{1f600}', '\uff5e', ''),
    text: fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => text.replaceAll('\n', '')),
    thread: fc.nat(2),
  }),
  { maxLength: 60 },
)

const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const inOrder = (all: readonly Line[]): string =>
  [...all]
    .sort((a, b) => a.time - b.time || bytes(a.key, b.key) || bytes(a.text, b.text))
    .map(({ text }) => `${text}\n`)
    .join('')

/** All that was said in one go, by three threads. */
function given(order: ResultOrder, collectors: readonly LineCollector[], some: readonly Line[]): void {
  for (const { time, key, text, thread } of some) collectors[thread].add(time, key, text)
  for (const collector of collectors) order.add(collector.take())
}

it('puts lines of several threads in one order, and keeps back what is later than the floor', () => {
  fc.assert(
    fc.property(lines, lines, fc.nat(5), (first, second, floor) => {
      const order = new ResultOrder()
      const collectors = Array.from({ length: 3 }, () => new LineCollector())
      given(order, collectors, first)
      const text = (upTo: number): string => Buffer.from(order.release(upTo)).toString()
      expect(text(floor)).toBe(inOrder(first.filter(({ time }) => time <= floor)))
      given(order, collectors, second)
      expect(text(Infinity)).toBe(inOrder([...first.filter(({ time }) => time > floor), ...second]))
      expect(text(Infinity)).toBe('')
    }),
    { numRuns: 200 },
  )
})
