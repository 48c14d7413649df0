import { describe, expect, it } from 'vitest'
import { limitFor } from '../../../src/ingest/websocket/socket-limit.ts'

describe('limitFor', () => {
  it('takes limits.connections where there are descriptors enough', () => {
    expect(limitFor(19_000, 65_536, 30)).toMatchObject({ streams: 19_000 })
  })

  it('stays well under the descriptors of the process', () => {
    const { streams, answered, accepted } = limitFor(19_000, 300, 30)
    expect(streams).toBe(answered)
    expect(answered).toBe(300 - 94)
    expect(accepted).toBeLessThan(300 - 30)
  })

  it('leaves one socket where there is nothing to spare', () => {
    expect(limitFor(1, 64, 60)).toMatchObject({ streams: 1, answered: 1 })
  })
})
