import { describe, expect, it } from 'vitest'
import { newClient } from '../../src/client/client.ts'
import { newPatientStore, type FrameFiles } from '../../src/client/folder/patient-store.ts'
import { newKept, type Kept } from '../../src/client/frame.ts'
import { settingsOf } from '../../src/client/options.ts'
import { seededRandom } from '../../src/core/random.ts'
import { LossyServer } from './lossy-server.ts'
import { VirtualClock } from './virtual-clock.ts'

const FAULTLESS = { refuseConnection: 0, breakConnection: 0, silence: 0, refuseFrame: 0, refusePart: 0 }

function clientOf(kept: Partial<Kept>, faults: Partial<typeof FAULTLESS> = {}) {
  const clock = new VirtualClock()
  const random = seededRandom(42)
  const server = new LossyServer({ ...FAULTLESS, ...faults }, clock, random)
  const options = { url: 'ws://virtual', batchReadings: 4, lingerMs: 1, clock, random }
  const client = newClient(settingsOf(options), server.open, { ...newKept(), instance: 'first', ...kept })
  return { client, clock, server }
}

/** Files that fail when they are told so. */
function failingFiles() {
  const failing = { put: false, settle: false }
  const fail = (name: keyof typeof failing) => {
    if (failing[name]) throw new Error(`no ${name}`)
  }
  const files: FrameFiles = {
    put() {
      fail('put')
      return true
    },
    settle: () => fail('settle'),
    read: ({ bytes }) => bytes,
    renew: () => undefined,
    close: () => undefined,
  }
  const openStore: Kept['openStore'] = (emit, clock) => newPatientStore(files, [], [], emit, clock)
  return { failing, openStore }
}

describe('a client whose storage fails', () => {
  it('takes no more than the open frame, says why, and goes on when it works again', async () => {
    const { failing, openStore } = failingFiles()
    const { client, clock, server } = clientOf({ openStore })
    const errors: unknown[] = []
    client.on('storageFailed', (error) => errors.push(error))
    failing.put = true
    let taken = 0
    while (client.write(1, 1, taken + 1)) taken++
    expect(taken).toBe(4)
    await clock.pass(100)
    expect(server.taken.size).toBe(0)
    expect(errors[0]).toMatchObject({ message: 'no put' })
    failing.put = false
    await clock.pass(3000)
    expect([...server.taken.keys()]).toEqual([1, 2, 3, 4])
    expect(client.stats()).toMatchObject({ acknowledged: 4, unsettled: { readings: 0 } })
  })

  it('keeps refused readings until they can be stored under their new number', async () => {
    const { failing, openStore } = failingFiles()
    const { client, clock, server } = clientOf({ openStore }, { refusePart: 1 })
    for (let value = 1; value <= 4; value++) client.write(1, 1, value)
    failing.put = true
    await clock.pass(200)
    let isFlushed = false
    void client.flush().then(() => (isFlushed = true))
    await clock.pass(2000)
    expect(isFlushed).toBe(false)
    expect(client.stats().unsettled.frames).toBe(1)
    failing.put = false
    server.faults = FAULTLESS
    await clock.pass(3000)
    expect(isFlushed).toBe(true)
    expect([...server.taken].sort()).toEqual([1, 2, 3, 4].map((value) => [value, 1]))
    expect(client.stats()).toMatchObject({ acknowledged: 4, givenUp: 0 })
  })

  it('tells when it cannot note what is settled', async () => {
    const { failing, openStore } = failingFiles()
    const { client, clock } = clientOf({ openStore })
    const errors: unknown[] = []
    client.on('storageFailed', (error) => errors.push(error))
    failing.settle = true
    for (let value = 1; value <= 4; value++) client.write(1, 1, value)
    await clock.pass(200)
    expect(client.stats()).toMatchObject({ acknowledged: 4, unsettled: { readings: 0 } })
    expect(errors).toMatchObject([{ message: 'no settle' }])
  })
})

describe('a client that runs out of numbers', () => {
  it('begins at one under another name when everything is settled', async () => {
    const { client, clock, server } = clientOf({ nextSeq: 0xffff_0000 - 1 })
    const seqs: number[] = []
    client.on('sealed', ({ seq }) => seqs.push(seq))
    for (let value = 1; value <= 20;) {
      if (client.write(1, 1, value)) value++
      else await clock.pass(10)
    }
    await clock.pass(500)
    expect(seqs).toEqual([0xffff_0000 - 1, 0xffff_0000, 1, 2, 3])
    expect(client.stats().name).not.toBe('client~first')
    expect(client.stats()).toMatchObject({ connections: 2, acknowledged: 20 })
    expect([...server.taken.values()]).toEqual(Array.from({ length: 20 }, () => 1))
  })
})
