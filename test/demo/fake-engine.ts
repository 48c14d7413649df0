import { EventEmitter } from 'node:events'
import type { Alert } from '../../src/core/alert.ts'
import type { Stats } from '../../src/core/stats.ts'
import type { Tier } from '../../src/core/tiers.ts'
import { frameHead, replyBytes, scriptedServer, type ScriptedServer } from '../load/scripted-server.ts'

const none = { low: 0, medium: 0, high: 0, critical: 0 }
const latency = { p50: 0.1, p90: 0.2, p99: 1.5, p999: 2, max: 3 }

export function statsWith(accepted: number, malformed: number, uptimeSeconds: number): Stats {
  const tier = { accepted, processed: accepted, refused: 0, backlog: 12, latencyMs: latency }
  return {
    account: {
      received: accepted + malformed,
      accepted,
      refused: 0,
      malformed,
      processed: accepted,
      inFlight: 0,
      deadLettered: 0,
      forwarded: 0,
    },
    tiers: { critical: tier, premium: tier, standard: tier, bulk: tier } satisfies Record<Tier, unknown>,
    routedMs: latency,
    refusedByReason: {},
    malformedByCause: {},
    alerts: {
      open: 1,
      raised: 2,
      standings: { pending: none, firing: none, acknowledged: none, suppressed: none },
    },
    anomalies: { detected: 3, latencyMs: latency },
    scaling: { enabled: false, pools: [], demand: [], degradedRung: 0 },
    pool: { size: 2, busy: 1, min: 1, max: 4, threads: 4, replaced: 0 },
    series: 20,
    devices: 10,
    connections: 3,
    memory: { sharedBytes: 0, rssBytes: 100 * 2 ** 20 },
    uptimeSeconds,
    isExact: true,
    incidents: null,
    escalation: null,
    durability: null,
    pipelines: [],
    sinks: [],
    deadLetters: [],
    notifications: [],
  }
}

export const alertOf = (over: Partial<Alert> = {}): Alert => ({
  id: 'a-1',
  rule: 'anomaly',
  series: '1',
  key: 'cold-store-ATL/temperature',
  device: 'cold-store-ATL',
  metric: 'temperature',
  region: 'us-east',
  severity: 'high',
  state: 'firing',
  message: 'temperature is far off',
  startsAt: 0,
  updatedAt: 0,
  endsAt: null,
  value: 36.39,
  score: 12.34,
  peak: 12.34,
  count: 1,
  replayed: false,
  labels: {},
  acknowledged: null,
  suppressedBy: [],
  escalation: 0,
  evidence: [],
  ...over,
})

interface JsonFrame {
  readonly seq: number
  readonly readings: readonly { device: string; metric: string; value: number; lat: number; time: number }[]
}

/** As much of an engine as the demo can tell from a real one; counts what really arrives. */
export class FakeEngine extends EventEmitter {
  accepted = 0
  malformed = 0
  closed = false
  connectionsWhenClosed = -1
  readonly frames = { json: 0, binary: 0 }
  readonly devices = new Map<string, string>()
  readonly values = new Map<string, number[]>()
  server: ScriptedServer | null = null
  readonly #begun = performance.now()
  /** Refuses every frame whose number this divides; 0 = none. */
  refuseEvery = 0
  refuseDevices = false

  async listen() {
    const dictionary = ['value', 'temperature', 'humidity', 'pressure', 'wind', 'magnitude']
    this.server = await scriptedServer({
      onMessage: (message, socket, binary) => {
        const parsed = binary ? frameHead(message) : this.#json(message.toString())
        if (!parsed) {
          this.malformed++
          return socket.send(binary ? replyBytes({ status: 2 }) : '{"seq":0,"status":"malformed"}')
        }
        this.frames[binary ? 'binary' : 'json']++
        const refused = this.refuseEvery > 0 && parsed.seq % this.refuseEvery === 0
        if (!refused) this.accepted += parsed.readings
        const status = refused ? { status: 1, retryAfterMs: 20 } : {}
        if (binary) socket.send(replyBytes({ seq: parsed.seq, ...status }))
        else socket.send(JSON.stringify({ seq: parsed.seq, status: refused ? 'refused' : 'accepted' }))
      },
      onRequest: (request, body, response) => {
        if (this.refuseDevices) response.writeHead(429).end('{"code":"limit-reached"}')
        else if (request.url === '/v1/metrics-dictionary') {
          response.end(
            JSON.stringify(Object.fromEntries(dictionary.map((name, id) => [name, { id: id + 1 }]))),
          )
        } else {
          for (const { name, tier } of JSON.parse(body) as { name: string; tier: string }[]) {
            this.devices.set(name, tier)
          }
          response.end('{"registered":1,"failed":[]}')
        }
      },
    })
    return { host: '127.0.0.1', port: Number(new URL(this.server.url).port) }
  }

  stats(): Stats {
    return statsWith(this.accepted, this.malformed, (performance.now() - this.#begun) / 1000)
  }

  async close() {
    this.closed = true
    this.connectionsWhenClosed = this.server?.sockets.size ?? 0
    await this.server?.[Symbol.asyncDispose]()
  }

  #json(text: string): { seq: number; readings: number } | null {
    try {
      const { seq, readings } = JSON.parse(text) as JsonFrame
      for (const { device, metric, value, lat, time } of readings) {
        if (typeof value !== 'number' || Math.abs(lat) > 90 || !(time > 0)) return null
        const key = `${device}/${metric}`
        this.values.set(key, [...(this.values.get(key) ?? []), value])
      }
      return { seq, readings: readings.length }
    } catch {
      return null
    }
  }
}
