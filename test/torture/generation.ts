/**
 * Some rounds on the same data directory: the server and its lives, the clients, and a twin that never fails, which is
 * given in the end what one of the clients sent.
 */
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Random } from '../../src/core/random.ts'
import { AlertWatch } from './alert-watch.ts'
import { ChangedDevices } from './changed-devices.ts'
import { KilledClient } from './killed-client.ts'
import { dataFolder, type Medium } from './medium.ts'
import { Sender, type SenderOptions } from './sender.ts'
import { type Poison, type SentReading, SeriesAccount } from './series-account.ts'
import { Server } from './server.ts'
import type { WallClock } from './wall-clock.ts'

export interface GenerationParts {
  /** Folder with the program's `lib`. */
  readonly root: string
  readonly number: number
  readonly medium: Medium
  /** For what clients keep, and for configurations: this disk doesn't fill when the engine's does. */
  readonly clients: Medium
  readonly clock: WallClock | undefined
  readonly random: Random
}

const MIB = 1024 * 1024
const FLOOD_READINGS = 24
const FLOOD_BYTES = 60_000
/** More than a ring holds. */
const FLOOD_FRAMES = 40
const pipeline = fileURLToPath(new URL('./fixtures/ledger.js', import.meta.url))
const TIERS = ['critical', 'premium', 'standard', 'bulk']

const common = {
  // goes by the clock, which is another one in the run without faults
  alerts: { flapping: { changes: 0 } },
  pipeline,
  metrics: { query: { threshold: 1000 } },
  rules: TIERS.map((tier) => ({ match: `${tier}-*`, tier })),
  // long enough for an alert to be open in checkpoints, at ends and at comparisons
  anomalies: { warmup: 10, clearAfter: 30 },
  pool: { min: 1, size: 2, max: 2, hangTimeoutMs: 1500 },
  limits: {
    ...{ series: 10_000, devices: 10_000, ringBytes: MIB, frameBytes: 65_536, backlogBytes: 16 * MIB },
    ...{ openAlerts: 10_000, alertHistory: 100_000 },
  },
}

export class Generation {
  readonly parts: GenerationParts
  readonly senders: readonly Sender[]
  /** Large frames, to use up what room the journal has set aside. */
  readonly flood: Sender
  /** One frame at a time, so that its readings arrive in their order whatever happens. */
  readonly ordered: Sender
  readonly orderedSeries: readonly SeriesAccount[]
  readonly orderedLog: SentReading[] = []
  /** All devices but those of the killed client. */
  readonly series: SeriesAccount[] = []
  /** Asks the ledger in the engine's state. */
  readonly asker: Sender
  readonly questions: SentReading[][] = []
  readonly killed: KilledClient
  readonly changes: ChangedDevices
  readonly watch: AlertWatch
  readonly violations: string[] = []
  server!: Server
  twin!: Server
  /** Starts of the server. */
  life = 0
  /** When each reading of the ordered client was sent first: the life, by device and index. */
  readonly firstSent = new Map<string, number>()
  isRegistering = false
  #port = 0
  #poison: Poison = 0
  #registered = 0
  #floodFrames = 0
  readonly #listeners: number
  readonly #fsync: { readonly everyMs: number; readonly everyBytes: number }

  constructor(parts: GenerationParts) {
    this.parts = parts
    const { number, random } = parts
    this.#listeners = random() < 0.3 ? 2 : 1
    const everyMs = [2, 5, 20, 100][Math.floor(random() * 4)]
    this.#fsync = { everyMs, everyBytes: random() < 0.5 ? MIB : 16 * MIB }
    const add = (name: string, metric?: string, spikes?: boolean): SeriesAccount => {
      const account = new SeriesAccount(`${name}-${number}`, metric, spikes)
      this.series.push(account)
      return account
    }
    const mixed = TIERS.flatMap((tier) => [add(`${tier}-a`), add(`${tier}-b`)])
    const single = ['standard-c', 'standard-d', 'standard-e'].map((name) => add(name))
    const named = [add('bulk-n', 'pressure'), add('premium-n', 'pressure')]
    this.orderedSeries = ['premium-o', 'premium-p', 'premium-q'].map((name) => add(name, 'value', true))
    const binary = [
      this.#sender('mixed', { window: 8, next: () => this.#draw(mixed, 40) }),
      this.#sender('single', { window: 4, next: () => this.#draw(single, 8) }),
    ]
    const text = this.#sender('named', { window: 4, isText: true, next: () => this.#drawNamed(named) })
    this.ordered = this.#sender('ordered', {
      window: 1,
      next: () => this.#drawOrdered(),
      onAcknowledged: (readings) => {
        this.orderedLog.push(...readings)
        for (const reading of readings) reading.series.acknowledge(reading)
      },
    })
    const flooding = Array.from({ length: 8 }, (_, i) => add(`${TIERS[i % 4]}-f${i}`))
    const next = (): SentReading[] | undefined => this.#drawFlood(flooding)
    this.flood = this.#sender('flood', { window: 32, filling: FLOOD_BYTES, next })
    this.senders = [...binary, text, this.ordered, this.flood]
    this.asker = this.#sender('asker', {
      ...{ window: 1, isText: true, next: () => this.questions.shift() },
      onAcknowledged: () => undefined,
    })
    this.asker.isGenerating = true
    const port = (): number => this.#port
    this.killed = new KilledClient(parts.clients.path, `standard-k-${number}`, port, this.violate)
    const { violate: onViolation, series } = this
    this.changes = new ChangedDevices({ port, onViolation, number, series })
    this.watch = new AlertWatch(port, () => this.life)
  }

  readonly violate = (words: string): void => void this.violations.push(words)

  get port(): number {
    return this.#port
  }

  get data(): string {
    return dataFolder(this.parts.medium)
  }

  async open(): Promise<void> {
    this.#port = await freePort()
    await Promise.all([this.start(), this.#startTwin()])
    await this.server.ready()
    const { server, twin } = this
    await Promise.all(this.series.flatMap(({ device }) => [server.register(device), twin.register(device)]))
  }

  async start(): Promise<void> {
    const { root, clients, clock } = this.parts
    this.life++
    this.server = await Server.start({
      ...{ root, folder: clients.path, env: clock?.env ?? {} },
      config: {
        ...common,
        ...{ port: this.#port, listeners: this.#listeners, durability: 'journal', dataDir: this.data },
        ...{ checkpoint: { everyMs: 1000 }, fsync: this.#fsync },
        journal: { segmentBytes: MIB, retainBytes: 0 },
      },
    })
  }

  async #startTwin(): Promise<void> {
    const { root, clients } = this.parts
    const folder = join(clients.path, 'twin')
    mkdirSync(folder, { recursive: true })
    this.twin = await Server.start({ root, folder, config: { ...common, port: 0 } })
  }

  /** The next frame of a client without order holds a reading that no pipeline can process. */
  poison(kind: Poison): void {
    this.#poison = kind
  }

  /** Sends at once more than the rings hold. */
  surge(): void {
    this.#floodFrames = FLOOD_FRAMES
    this.flood.isGenerating = true
  }

  /** Ends what runs; the data directory stays. */
  async close(): Promise<void> {
    this.watch.close()
    for (const sender of [...this.senders, this.asker, this.changes.sender]) sender.close()
    await this.killed.kill()
    await this.server?.kill()
    await this.twin?.kill()
  }

  #sender(client: string, options: Pick<SenderOptions, 'window' | 'next'> & Partial<SenderOptions>): Sender {
    return new Sender({
      ...{ client, isText: false, port: () => this.#port, onViolation: this.violate },
      onAcknowledged: (readings) => readings.forEach((reading) => reading.series.acknowledge(reading)),
      ...options,
    })
  }

  #draw(series: readonly SeriesAccount[], most: number): SentReading[] | undefined {
    if (series.some(({ isFull }) => isFull)) return undefined
    const { random } = this.parts
    const count = 1 + Math.floor(random() * most)
    const readings = Array.from({ length: count }, () => series[Math.floor(random() * series.length)].make())
    if (this.#poison === 0) return readings
    readings.push(series[0].make(this.#poison))
    this.#poison = 0
    return readings
  }

  #drawFlood(series: readonly SeriesAccount[]): SentReading[] | undefined {
    if (this.#floodFrames === 0 || series.some(({ isFull }) => isFull)) return undefined
    this.#floodFrames--
    return Array.from({ length: FLOOD_READINGS }, (_, i) => series[i % series.length].make())
  }

  /** Now and then a device and a metric that are new to the server. */
  #drawNamed(named: SeriesAccount[]): SentReading[] | undefined {
    if (this.isRegistering) {
      this.isRegistering = false
      const name = `standard-new${this.#registered}-${this.parts.number}`
      const account = new SeriesAccount(name, `metric-${this.#registered++}`)
      this.series.push(account)
      named.push(account)
    }
    return this.#draw(named, 6)
  }

  #drawOrdered(): SentReading[] | undefined {
    if (this.orderedSeries.some(({ isFull }) => isFull)) return undefined
    const count = 1 + Math.floor(this.parts.random() * 4)
    const readings = this.orderedSeries.flatMap((series) =>
      Array.from({ length: count }, () => series.make()),
    )
    for (const { series, index } of readings) this.firstSent.set(`${series.deviceId} ${index}`, this.life)
    return readings
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
