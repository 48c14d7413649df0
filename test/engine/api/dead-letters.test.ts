import { describe, expect, it } from 'vitest'
import { fakeEngine } from './fake-engine.ts'

const reading = { device: 'pump-7', metric: 'value', series: '65537', time: 5, value: 1 }
const origin = { time: 5, device: 7, metric: 2, region: 1, tier: 0, id: 'o' }

/** Two of each kind, in turn: ids 1 to 6. */
function engineWithLetters() {
  const engine = fakeEngine()
  const { deadLetters } = engine.view
  for (let n = 0; n < 2; n++) {
    deadLetters.add(reading, 'TypeError', 'mine')
    deadLetters.addItem('mine', { node: 'map-1', cause: 'RangeError', item: { n }, origin })
    deadLetters.addItem('other', { node: 'map-1', cause: 'RangeError', item: { n }, origin })
  }
  const idsAt = (query: string): number[] =>
    (engine.get(`/v1/dead-letters${query}`).json as { entries: { id: number }[] }).entries.map(({ id }) => id)
  const replay = (body: object) => engine.callLater('POST', '/v1/dead-letters/replay', body)
  return { ...engine, deadLetters, idsAt, replay }
}

describe('GET /v1/dead-letters', () => {
  it('shows readings and items, the latest first', () => {
    const { get } = engineWithLetters()
    expect(get('/v1/dead-letters').json).toMatchObject({
      seen: 6,
      next: null,
      entries: [
        { id: 6, pipeline: 'other', node: 'map-1', cause: 'RangeError', item: { n: 1 }, origin },
        { id: 5, pipeline: 'mine', node: 'map-1' },
        { id: 4, pipeline: 'mine', node: '', cause: 'TypeError', reading },
        ...[{ id: 3 }, { id: 2 }, { id: 1 }],
      ],
      counts: [
        { pipeline: 'mine', node: '', seen: 2, kept: 2, replayed: 0 },
        { pipeline: 'mine', node: 'map-1', seen: 2 },
        { pipeline: 'other', node: 'map-1', seen: 2 },
      ],
    })
  })

  it('filters by pipeline and node', () => {
    const { idsAt } = engineWithLetters()
    expect(idsAt('?pipeline=mine')).toEqual([5, 4, 2, 1])
    expect(idsAt('?node=map-1')).toEqual([6, 5, 3, 2])
    expect(idsAt('?pipeline=mine&node=')).toEqual([4, 1])
    expect(idsAt('?pipeline=none')).toEqual([])
  })

  it('goes page by page', () => {
    const { get, idsAt } = engineWithLetters()
    expect(get('/v1/dead-letters?limit=4').json).toMatchObject({ next: 3 })
    expect(idsAt('?limit=4&after=3')).toEqual([2, 1])
    expect(get('/v1/dead-letters?limit=2&after=3').json).toMatchObject({ next: null })
  })

  it('keeps the last ones, within a bound, and copies of what was given', () => {
    const { deadLetters } = engineWithLetters()
    const item = { n: 1 }
    for (let n = 0; n < 20; n++) deadLetters.addItem('mine', { node: 'late', cause: 'x', item, origin })
    item.n = 2
    expect(deadLetters.matching({}).length).toBe(10)
    expect(deadLetters.recent(1)).toMatchObject([{ id: 26, item: { n: 1 } }])
    expect(deadLetters.counts().find(({ node }) => node === 'late')).toMatchObject({ seen: 20, kept: 10 })
    deadLetters.addItem('mine', { node: 'late', cause: 'x', item: 1n, origin })
    expect(deadLetters.recent(1)).toMatchObject([{ item: '1' }])
  })

  it('gives way before its items take too much memory', () => {
    const { deadLetters } = fakeEngine().view
    const item = 'x'.repeat(20 * 1024 * 1024)
    for (let n = 0; n < 5; n++) deadLetters.addItem('mine', { node: 'n', cause: 'x', item, origin })
    expect(deadLetters.matching({}).length).toBe(3)
  })
})

describe('POST /v1/dead-letters/replay', () => {
  it('puts readings and items back in where they were, oldest first, and removes them', async () => {
    const { replay, replayer, idsAt, deadLetters } = engineWithLetters()
    expect((await replay({ pipeline: 'mine' })).json).toEqual({ replayed: 4, failed: [], left: 0 })
    const item = (n: number) => ({ pipeline: 'mine', node: 'map-1', item: { n }, origin })
    expect(replayer.replayed).toEqual([reading, item(0), reading, item(1)])
    expect(idsAt('')).toEqual([6, 3])
    expect(deadLetters.counts()[0]).toMatchObject({ seen: 2, kept: 0, replayed: 2 })
  })

  it('takes some by id, and no more than a limit', async () => {
    const { replay, idsAt } = engineWithLetters()
    expect((await replay({ ids: [2, 3, 99], node: 'map-1' })).json).toMatchObject({ replayed: 2 })
    expect((await replay({ limit: 1 })).json).toEqual({ replayed: 1, failed: [], left: 3 })
    expect(idsAt('')).toEqual([6, 5, 4])
  })

  it('keeps what is not taken, and says why', async () => {
    const { replay, replayer, idsAt } = engineWithLetters()
    replayer.reason = 'overload'
    expect((await replay({ ids: [1] })).json).toEqual({
      replayed: 0,
      failed: [{ id: 1, reason: 'overload' }],
      left: 0,
    })
    expect(idsAt('?pipeline=mine')).toEqual([5, 4, 2, 1])
  })

  it('does not put the same one in twice for two who ask at once', async () => {
    const { replay, replayer } = engineWithLetters()
    const answers = await Promise.all([replay({}), replay({})])
    expect(answers.map(({ json }) => (json as { replayed: number }).replayed)).toEqual([6, 0])
    expect(replayer.replayed.length).toBe(6)
  })

  it.each([
    [[], 'body: an array is not allowed; allowed: an object'],
    [{ pipelines: 'mine' }, '"pipelines": no such key; allowed: pipeline, node, ids, limit'],
    [{ ids: ['1'] }, 'ids.0: "1" is not allowed; allowed: an array of at most 10000 ids of letters'],
    [{ limit: 0 }, 'limit: 0 is not allowed; allowed: a whole number from 1 to 10000'],
  ])('refuses %j', async (body, words) => {
    const answer = await engineWithLetters().replay(body)
    expect(answer).toMatchObject({ status: 400, json: { message: expect.stringContaining(words) as string } })
  })
})
