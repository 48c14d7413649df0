/**
 * Devices and metrics that are new or changed by HTTP, and a reading right behind: when that is acknowledged, what it
 * depends on is kept, too, whatever happens the next moment.
 */
import type { Random } from '../../src/core/random.ts'
import { Sender, type SenderOptions } from './sender.ts'
import { type SentReading, SeriesAccount } from './series-account.ts'
import type { Server } from './server.ts'
import type { Verdict } from './verdict.ts'

interface Properties {
  readonly tier: string
  readonly region: string
  readonly tenant: string
}

const TIERS = ['critical', 'premium', 'standard', 'bulk']
const REGIONS = ['asia', 'oceania']
const PATIENCE_MS = 3000

export class ChangedDevices {
  readonly sender: Sender
  readonly #number: number
  readonly #series: SeriesAccount[]
  readonly #mine: SeriesAccount[] = []
  readonly #queue: SentReading[][] = []
  /** What was said of a device before a reading of it was acknowledged. */
  readonly #kept = new Map<string, Properties>()
  #changes = 0
  #onAcknowledged = (): void => undefined

  constructor(
    options: Pick<SenderOptions, 'port' | 'onViolation'> & { number: number; series: SeriesAccount[] },
  ) {
    const { port, onViolation, number, series } = options
    this.#number = number
    this.#series = series
    this.sender = new Sender({
      ...{ client: 'changer', window: 1, isText: true, port, onViolation },
      next: () => this.#queue.shift(),
      onAcknowledged: (readings) => {
        readings.forEach((reading) => reading.series.acknowledge(reading))
        this.#onAcknowledged()
      },
    })
    this.sender.isGenerating = true
  }

  /** Resolves when the reading that follows the change is acknowledged, or isn't for too long. */
  async change(server: Server, random: Random): Promise<void> {
    const account = this.#pick(random)
    const { device } = account
    const tier = TIERS[Math.floor(random() * TIERS.length)]
    const region = REGIONS[Math.floor(random() * REGIONS.length)]
    const properties = { tier, region, tenant: `tenant-${++this.#changes}` }
    this.#kept.delete(device)
    if (!(await this.#put(server, device, properties))) return
    const acknowledged = new Promise<boolean>((resolve) => (this.#onAcknowledged = () => resolve(true)))
    this.#queue.push([account.make()])
    this.sender.hurry()
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS))
    if (await Promise.race([acknowledged, late])) this.#kept.set(device, properties)
  }

  async compare(server: Server, { problems }: Verdict): Promise<void> {
    for (const [device, { tier, region, tenant }] of this.#kept) {
      const found = await server
        .get<Properties>(`/v1/devices/${device}`)
        .catch((error: Error) => error.message)
      const isSame =
        typeof found === 'object' && found.tier === tier && found.region === region && found.tenant === tenant
      if (isSame) continue
      const expected = JSON.stringify({ tier, region, tenant })
      problems.push(
        `${device} is not as it was before its reading: ${JSON.stringify(found)}, not ${expected}`,
      )
    }
  }

  /** A new device with a metric of its own, or one that has been changed before. */
  #pick(random: Random): SeriesAccount {
    if (this.#mine.length > 0 && random() < 0.5) return this.#mine[Math.floor(random() * this.#mine.length)]
    const name = `changed-${this.#mine.length}-${this.#number}`
    const account = new SeriesAccount(name, `metric-of-${name}`)
    this.#mine.push(account)
    this.#series.push(account)
    return account
  }

  async #put({ port }: Server, device: string, properties: Properties): Promise<boolean> {
    const url = `http://127.0.0.1:${port}/v1/devices/${device}`
    const response = await fetch(url, { method: 'PUT', body: JSON.stringify(properties) }).catch(
      () => undefined,
    )
    return response?.ok ?? false
  }
}
