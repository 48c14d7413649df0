/**
 * The queue against a plain array: whatever is offered comes out in order, once each as long as the process lives; after
 * a kill what was on disk comes again, and nothing that was parked is missing.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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

async function openQueue(folder: string, disk: MortalDisk): Promise<SinkQueue> {
  const options = bufferOptions.parse({ items: 8, whenFull: 'drop-newest' })
  const spill = await Spill.open(folder, disk, 600)
  const fail = (error: unknown): never => {
    throw error instanceof Error ? error : new Error(String(error))
  }
  return new SinkQueue({ options, spill, clock: new VirtualClock(), onReady: () => {}, onFault: fail })
}

/** The disk of a process that can be killed: what it had begun is done, and nothing after that. */
class MortalDisk extends NodeSinkDisk {
  #isDead = false
  #underWay = 0
  readonly #files: SinkFile[] = []

  async kill(): Promise<void> {
    this.#isDead = true
    while (this.#underWay > 0) await quiet()
    await Promise.allSettled(this.#files.map((file) => file.close()))
  }

  override async open(path: string): Promise<SinkFile> {
    const file = await this.#live(() => super.open(path))
    this.#files.push(file)
    return {
      bytes: () => this.#live(() => file.bytes()),
      changedMs: () => this.#live(() => file.changedMs()),
      write: (bytes, position) => this.#live(() => file.write(bytes, position)),
      read: (position, length) => this.#live(() => file.read(position, length)),
      truncate: (bytes) => this.#live(() => file.truncate(bytes)),
      sync: () => this.#live(() => file.sync()),
      close: () => this.#live(() => file.close()),
    }
  }

  override read(path: string): Promise<Uint8Array> {
    return this.#live(() => super.read(path))
  }

  override rename(from: string, to: string): Promise<void> {
    return this.#live(() => super.rename(from, to))
  }

  override remove(path: string): Promise<void> {
    return this.#live(() => super.remove(path))
  }

  override syncFolder(path: string): Promise<void> {
    return this.#live(() => super.syncFolder(path))
  }

  async #live<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isDead) return new Promise(() => undefined)
    this.#underWay++
    try {
      return await work()
    } finally {
      this.#underWay--
    }
  }
}

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
        let disk = new MortalDisk()
        let queue = await openQueue(folder, disk)
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
            queue = await openQueue(folder, disk)
          } else if (one === 'kill') {
            await disk.kill()
            disk = new MortalDisk()
            queue = await openQueue(folder, disk)
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
