/**
 * The queue against a plain array: whatever is offered comes out in order, once each as long as the process lives; after
 * a kill what was on disk comes again, and nothing that was parked is missing.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { bufferOptions } from '../../src/sinks/buffer/buffer-options.ts'
import { SinkQueue } from '../../src/sinks/buffer/sink-queue.ts'
import { Spill } from '../../src/sinks/buffer/spill.ts'
import type { SinkFile } from '../../src/sinks/disk.ts'
import { NodeSinkDisk } from '../../src/sinks/node-sink-disk.ts'
import { recordOf, type SinkRecord } from '../../src/sinks/record.ts'
import { names, originOf, temporaryFolder } from './desk-for-tests.ts'

const record = (n: number): SinkRecord => {
  const made = recordOf({ pipeline: 'p', node: 's' }, { n }, originOf(`i${n}`), names)
  if (made === undefined) throw new Error('not made')
  return made
}

const numberOf = ({ id }: SinkRecord): number => Number(id.slice(1))

async function openQueue(folder: string, over: object = {}): Promise<SinkQueue> {
  const options = bufferOptions.parse({ items: 8, whenFull: 'drop-newest', ...over })
  const spill = await Spill.open(folder, new LeakyDisk(), 600)
  const fail = (error: unknown): never => {
    throw error instanceof Error ? error : new Error(String(error))
  }
  return new SinkQueue({ options, spill, clock: new VirtualClock(), onReady: () => {}, onFault: fail })
}

/** Closes what a killed queue has left open. */
class LeakyDisk extends NodeSinkDisk {
  override async open(path: string): Promise<SinkFile> {
    const file = await super.open(path)
    opened.push(file)
    return file
  }
}
const opened: SinkFile[] = []
afterEach(() => Promise.allSettled(opened.splice(0).map((file) => file.close())))

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))

/** Where the disk is slow the back is full for a moment, and the newest item is the one that is dropped. */
async function offer(queue: SinkQueue, offered: SinkRecord): Promise<void> {
  for (let dropped = -1; dropped !== queue.dropped;) {
    if (dropped >= 0) await quiet()
    dropped = queue.dropped
    queue.offer(offered)
  }
}

async function takeAll(queue: SinkQueue): Promise<number[]> {
  const taken: number[] = []
  for (let idle = 0; idle < 200 && queue.waiting > 0; idle++) {
    const head = queue.head(5, 1e6)
    if (head.length > 0) idle = 0
    taken.push(...head.map(numberOf))
    queue.settle(head.length)
    if (head.length === 0) await quiet()
  }
  return taken
}

type Step = { readonly offer: number } | { readonly take: number } | 'turn' | 'park' | 'restart' | 'kill'

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ offer: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 3, arbitrary: fc.constant('turn' as const) },
  fc.constant('park' as const),
  fc.constant('restart' as const),
  fc.constant('kill' as const),
)

describe('SinkQueue', () => {
  it('gives everything in order and forgets nothing that was safe', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const folder = temporaryFolder()
        let queue = await openQueue(folder)
        let next = 0
        let last = -1
        /** Must come: `owed` even after a kill. */
        const owed = new Set<number>()
        const loose = new Set<number>()
        const becomeSafe = (): void => {
          for (const n of loose) owed.add(n)
          loose.clear()
        }
        const see = (numbers: readonly number[]): void => {
          for (const n of numbers) {
            expect(n).toBeGreaterThan(last)
            last = n
            owed.delete(n)
            loose.delete(n)
          }
        }
        for (const one of steps) {
          if (one === 'turn') await quiet()
          else if (one === 'park') {
            await queue.park()
            becomeSafe()
          } else if (one === 'restart') {
            const { dropped } = queue
            await queue.close()
            expect(queue.dropped).toBe(dropped)
            becomeSafe()
            queue = await openQueue(folder)
          } else if (one === 'kill') {
            // the old one is left as it is; what it still writes could be there after a kill, too
            await quiet()
            queue = await openQueue(folder)
            loose.clear()
            last = -1
          } else if ('offer' in one) {
            for (let left = one.offer; left > 0; left--) {
              loose.add(next)
              await offer(queue, record(next++))
            }
          } else {
            const head = queue.head(one.take, 1e6)
            see(head.map(numberOf))
            queue.settle(head.length)
          }
        }
        see(await takeAll(queue))
        expect(queue.waiting).toBe(0)
        expect([...owed, ...loose]).toEqual([])
        await queue.close()
      }),
      { numRuns: 60 },
    )
  })
})
