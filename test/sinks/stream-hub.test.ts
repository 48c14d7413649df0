import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { recordOf } from '../../src/sinks/record.ts'
import { type Follow, StreamHub } from '../../src/sinks/stream/stream-hub.ts'
import { names, originOf } from './desk-for-tests.ts'

function hubOf(items: number) {
  const clock = new VirtualClock()
  const hub = new StreamHub(clock)
  hub.add('a', { items, bytes: 1e6 })
  hub.add('b', { items, bytes: 1e6 })
  const publish = (node: string, ...values: unknown[]): void =>
    hub.publish(
      values.map((value, at) => recordOf({ pipeline: 'p', node }, value, originOf(`${at}`), names)!),
    )
  const follow = (over: Partial<Follow> = {}) => {
    let text = ''
    const leave = hub.follow(
      { node: undefined, after: '', form: 'events', ...over },
      (chunk) => (text += chunk),
    )
    const events = (): string[] => text.split('\n\n').filter((event) => event !== '')
    const seen = (): unknown[] =>
      events().map((event) =>
        event.startsWith('event: gap')
          ? 'gap'
          : (JSON.parse(event.slice(event.indexOf('data: ') + 6)) as { item: unknown }).item,
      )
    const lastId = (): string => /^id: (.*)$/m.exec(events().at(-1) ?? '')?.[1] ?? ''
    return { seen, lastId, leave }
  }
  return { clock, hub, publish, follow }
}

describe('StreamHub', () => {
  it('sends followers what comes from then on, of the node they want', () => {
    const { hub, publish, follow } = hubOf(10)
    publish('a', 0)
    const all = follow()
    const some = follow({ node: 'b' })
    publish('a', 1, 2)
    publish('b', 3)
    expect(all.seen()).toEqual([1, 2, 3])
    expect(some.seen()).toEqual([3])
    all.leave()
    publish('b', 4)
    expect(all.seen()).toEqual([1, 2, 3])
    expect(some.seen()).toEqual([3, 4])
    expect(hub.followers).toBe(1)
  })

  it('goes on where a follower was', () => {
    const { publish, follow } = hubOf(10)
    const first = follow()
    publish('a', 1, 2)
    first.leave()
    publish('a', 3)
    publish('b', 4)
    expect(follow({ after: first.lastId() }).seen()).toEqual([3, 4])
    expect(follow({ after: first.lastId(), node: 'b' }).seen()).toEqual([4])
  })

  it.each(['nonsense', '1-', '-3', 'other-1', '%'])(
    'says that something may be missing after %j',
    (after) => {
      const { publish, follow } = hubOf(10)
      publish('a', 1)
      expect(follow({ after }).seen()).toEqual(['gap', 1])
    },
  )

  it('says that something is missing where it no longer has it', () => {
    const { hub, publish, follow } = hubOf(3)
    const first = follow()
    publish('a', 1)
    first.leave()
    publish('a', 2, 3, 4, 5)
    expect(follow({ after: first.lastId() }).seen()).toEqual(['gap', 3, 4, 5])
    expect(hub.gaps).toBe(1)
  })

  it('sends much of it in pieces, over time', () => {
    const { clock, publish, follow } = hubOf(100)
    const first = follow()
    publish('a', 0)
    const after = first.lastId()
    publish('a', ...Array.from({ length: 60 }, () => 'x'.repeat(10_000)))
    const late = follow({ after })
    first.leave()
    expect(late.seen().length).toBeLessThan(20)
    clock.advance(1000)
    expect(late.seen().length).toBe(60)
  })

  it('keeps no more characters than it was told', () => {
    const { publish, follow } = hubOf(1000)
    const first = follow()
    publish('a', 0)
    first.leave()
    const id = first.lastId()
    for (let n = 0; n < 30; n++) publish('a', 'x'.repeat(100_000))
    expect(follow({ after: id }).seen()[0]).toBe('gap')
  })
})
