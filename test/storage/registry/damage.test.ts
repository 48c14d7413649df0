import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { RegistryStore } from '../../../src/storage/registry/registry-store.ts'
import { contentOf, device, metric, token } from './entries.ts'

const PAGE = 4096
const DEVICES = 2000

/** Real damage to the file of an orderly closed store. Whatever it is, the store may not read short, and says so. */
describe('a damaged registry database', () => {
  let sound = ''
  let folder = ''
  let expected: ReturnType<typeof contentOf>
  let position = 0
  const failures: string[] = []
  const database = () => join(folder, 'registry.mdb')
  const open = (in_ = folder, minPosition = 0) =>
    RegistryStore.open({
      folder: in_,
      clock: systemClock(),
      minPosition,
      onFailure: (error) => failures.push(error.message),
    })

  beforeAll(async () => {
    sound = mkdtempSync(join(tmpdir(), 'registry-'))
    const { store } = await open(sound)
    for (let i = 0; i < DEVICES; i++) store.put({ kind: 'device', device: device(i) })
    store.put({ kind: 'metric', metric: metric(2) })
    store.put({ kind: 'token', token: token(1) })
    expected = contentOf(store)
    position = store.position
    await store.close()
  })
  afterAll(() => rmSync(sound, { recursive: true }))
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'))
    for (const name of ['registry.mdb', 'label']) copyFileSync(join(sound, name), join(folder, name))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
    expect(failures.splice(0)).toEqual([])
  })

  const edit = (change: (bytes: Buffer) => void): void => {
    const bytes = readFileSync(database())
    change(bytes)
    writeFileSync(database(), bytes)
  }

  /** Opened, reported, rebuilt, and whole after that. */
  async function expectRepair(reason = /./, minPosition = 0): Promise<void> {
    const { store, damage } = await open(folder, minPosition)
    expect(damage).toHaveLength(1)
    expect(damage[0]).toMatchObject({ what: 'database', tokensLost: false })
    expect(damage[0].reason).toMatch(reason)
    expect([...store.load().devices]).toEqual([])
    expect(store.loadTokens()).toEqual(expected.tokens)
    store.rebuild({ devices: expected.devices, metrics: expected.metrics })
    store.put({ kind: 'device', device: device(DEVICES) })
    await store.close()
    const again = await open(folder, minPosition)
    expect(again.damage).toEqual([])
    const content = contentOf(again.store)
    expect(content.devices).toHaveLength(DEVICES + 1)
    expect(content).toMatchObject({ metrics: expected.metrics, tokens: expected.tokens })
    await again.store.close()
  }

  it.each([0, 1])('is noticed where its meta page %i is zeros', async (page) => {
    edit((bytes) => bytes.fill(0, page * PAGE, (page + 1) * PAGE))
    const { store, damage } = await open()
    // the page of the older transaction may be lost without a loss
    const isWhole = damage.length === 0 && contentOf(store).devices.length === DEVICES
    expect(isWhole || damage[0].what === 'database').toBe(true)
    expect(damage.length === 0 ? isWhole : contentOf(store).devices.length === 0).toBe(true)
    await store.close()
  })

  it('is noticed where both meta pages are zeros', async () => {
    edit((bytes) => bytes.fill(0, 0, 2 * PAGE))
    await expectRepair()
  })

  it('is noticed where it is cut short', async () => {
    truncateSync(database(), Math.floor(readFileSync(database()).length / PAGE / 2) * PAGE)
    await expectRepair()
  })

  it('is noticed where it is empty', async () => {
    truncateSync(database(), 0)
    await expectRepair()
  })

  it('is noticed where it is something else', async () => {
    const random = seededRandom(7)
    edit((bytes) => bytes.forEach((_, i) => (bytes[i] = random() * 256)))
    await expectRepair()
  })

  it('is noticed where it is gone', async () => {
    rmSync(database())
    await expectRepair(/missing/)
  })

  it('is noticed where it is older than a checkpoint', async () => {
    await expectRepair(/has changes up to \d+, not up to \d+/, position + 1)
  })

  it(
    'is noticed at a page of zeros or a flipped bit, or nothing is missing',
    { timeout: 120_000 },
    async () => {
      const seed = 4
      const random = seededRandom(seed)
      const size = readFileSync(database()).length
      let noticed = 0
      for (let round = 0; round < 6; round++) {
        const at = Math.floor(random() * (size / PAGE - 2) + 2) * PAGE
        copyFileSync(join(sound, 'registry.mdb'), database())
        copyFileSync(join(sound, 'label'), join(folder, 'label'))
        edit((bytes) => {
          if (round % 2 === 0) bytes.fill(0, at, at + PAGE)
          else bytes[at + Math.floor(random() * PAGE)] ^= 1 << Math.floor(random() * 8)
        })
        const { store, damage } = await open()
        const where = `seed ${seed}, round ${round}, byte ${at}`
        if (damage.length === 0) expect(contentOf(store), where).toEqual(expected)
        else expect(damage[0].quarantined, where).toMatch(/damaged-.*\.mdb$/)
        noticed += damage.length
        await store.close()
      }
      expect(noticed).toBeGreaterThan(0)
      expect(readdirSync(folder).filter((name) => name.startsWith('damaged-')).length).toBeLessThanOrEqual(3)
    },
  )

  it('counts as damaged until it is rebuilt', async () => {
    rmSync(database())
    const first = await open()
    first.store.put({ kind: 'device', device: device(1) })
    await first.store.close()
    await expectRepair(/not written to its end/)
  })

  it('does not let anyone in where the tokens are lost with it', async () => {
    rmSync(database())
    writeFileSync(join(folder, 'label'), 'no label')
    const { store, damage } = await open()
    expect(damage.map(({ what }) => what)).toEqual(['database', 'label'])
    expect(damage[0].tokensLost).toBe(true)
    expect(() => store.loadTokens()).toThrow(/not known any more which tokens/)
    await store.close()
  })

  it('repairs its label', async () => {
    writeFileSync(join(folder, 'label'), 'no label')
    const { store, damage } = await open()
    expect(damage).toMatchObject([{ what: 'label', tokensLost: false }])
    expect(contentOf(store)).toEqual(expected)
    await store.close()
    const again = await open()
    expect(again.damage).toEqual([])
    await again.store.close()
  })
})
