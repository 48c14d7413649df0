import type { Clock } from '../core/clock.ts'
import type { HttpHandler } from '../core/http.ts'
import type { NameResolver } from '../core/names.ts'
import { turnTime } from '../core/turn-time.ts'
import { Intake } from '../ingest/frame-intake.ts'
import type { IntakeCounters } from '../ingest/intake-counters.ts'
import { INTAKE_COUNTERS } from '../ingest/intake-counters.ts'
import type { QuarantineEntry } from '../ingest/quarantine-entry.ts'
import type { Authenticate, Endpoint, StreamServer, Tls } from '../ingest/websocket/stream-server.ts'
import { loadUws } from '../ingest/websocket/open-server.ts'
import { UwsServer } from '../ingest/websocket/uws-server.ts'
import { WsServer } from '../ingest/websocket/ws-server.ts'
import { MillraceError } from '../core/errors.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { SpscFrameProducer } from '../memory/rings/spsc-frame-ring.ts'
import type { Config } from './config/config.ts'
import { type Foundation, openProducer } from './foundation.ts'

const RETRY_AFTER_MS = 100

/** Where an engine listens. */
export interface Listening extends Endpoint {
  readonly server: 'uws' | 'ws'
}

export interface ListenerParts {
  readonly foundation: Omit<Foundation, 'module' | 'kernels'>
  readonly config: Config
  readonly ring: number
  readonly clock: Clock
  readonly names: NameResolver
  readonly authenticate: Authenticate
  readonly http: HttpHandler
  readonly tls: Tls | null
  /** Rests for up to `ms`, or until the router has made room. */
  readonly pause: (ms: number) => void
  readonly quarantine: (entry: QuarantineEntry) => void
  readonly onError: (error: unknown) => void
  readonly onWarning: (message: string) => void
}

/** One thread's listener: a ring, an intake and a server. */
export interface Listener {
  readonly intake: Intake
  readonly producer: SpscFrameProducer
  readonly server: StreamServer
  listen(): Promise<Endpoint>
}

/** Counters of a ring's intake, in shared memory. */
export function countersOf(
  { memory, plan }: Pick<Foundation, 'memory' | 'plan'>,
  ring: number,
): IntakeCounters {
  const first = placeOf.intakeCounters(plan, ring) >>> 3
  return memory.f64.subarray(first, first + INTAKE_COUNTERS)
}

export async function openListener(parts: ListenerParts): Promise<Listener> {
  const { foundation, config, ring, clock } = parts
  const { limits, rates } = config
  const producer = openProducer(foundation, ring)
  const intake = new Intake({
    memory: foundation.memory,
    producer,
    names: parts.names,
    counters: countersOf(foundation, ring),
    limits: { ...limits, retryAfterMs: RETRY_AFTER_MS },
    rates: { connection: rates.client, address: rates.address, tenant: rates.tenant },
    clock,
    receivedMs: turnTime(clock),
    pause: parts.pause,
    quarantine: parts.quarantine,
  })
  const server = await openServer(parts, intake)
  return { intake, producer, server, listen: () => server.listen(config.host, config.port) }
}

async function openServer(parts: ListenerParts, intake: Intake): Promise<StreamServer> {
  const { authenticate, http, tls, clock, onError, onWarning, config } = parts
  const { limits, listeners } = config
  const serverParts = { intake, limits, authenticate, http, tls, clock, listeners, onError }
  if (config.server === 'ws') return new WsServer(serverParts)
  const uws = await loadUws()
  if (!(uws instanceof Error)) return new UwsServer(uws, serverParts)
  const reason = uws.message.split('\n')[0]
  if (config.server === 'uws')
    throw new MillraceError('listen-failed', `uWebSockets.js does not load here: ${reason}`)
  onWarning(`uWebSockets.js does not load here, so the slower "ws" serves instead: ${reason}`)
  return new WsServer(serverParts)
}
