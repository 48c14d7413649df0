import { describe, expect, it } from 'vitest'
import { ClientWindows } from '../../src/memory/client-windows.ts'
import { CLIENT_PROBES } from '../../src/memory/layout/clients.layout.ts'
import { reserveMemory, viewMemory } from '../../src/memory/shared-memory.ts'

const PAGE_BYTES = 65_536
const CLIENTS = Array.from({ length: CLIENT_PROBES }, (_, i) => i + 1)
const STRANGER = 1000

/** A table with room for as many clients as are looked at for each. */
const newWindows = () => new ClientWindows(viewMemory(reserveMemory(PAGE_BYTES)), 1024, CLIENT_PROBES)

describe('a full table of clients', () => {
  it('forgets nobody for a client that is only asked about', () => {
    const windows = newWindows()
    for (const client of CLIENTS) windows.take(client, 7, client)
    expect(windows.fateOf(STRANGER, 7)).toBe('lost')
    windows.setOpen(STRANGER, 7, false)
    windows.untake(STRANGER, 7)
    for (const client of CLIENTS) expect(windows.fateOf(client, 7)).toBe('taken')
  })

  it('forgets the client that was quiet for longest for one that sends', () => {
    const windows = newWindows()
    for (const client of CLIENTS) windows.take(client, 7, client)
    expect(windows.take(1, 7, 100)).toBe('repeated')
    expect(windows.take(STRANGER, 7, 101)).toBe('new')
    expect(CLIENTS.filter((client) => windows.fateOf(client, 7) === 'lost')).toEqual([2])
  })
})
