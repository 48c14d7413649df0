import type { Clock } from '../../core/clock.ts'
import type { HttpHandler } from '../../core/http.ts'
import type { NameResolver } from '../../core/names.ts'
import { turnTime } from '../../core/turn-time.ts'
import { Intake } from '../../ingest/frame-intake.ts'
import type { IntakeCounters } from '../../ingest/intake-counters.ts'
import { INTAKE_COUNTERS } from '../../ingest/intake-counters.ts'
import type { ClientMemory } from '../../ingest/client-frames.ts'
import type { PartRefusals } from '../../ingest/part-refusals.ts'
import type { QuarantineEntry } from '../../ingest/quarantine-entry.ts'
import { SocketTally } from '../../ingest/websocket/socket-tally.ts'
import type { Authenticate, Endpoint, StreamServer, Tls, Turn } from '../../ingest/websocket/stream-server.ts'
import { loadUws } from '../../ingest/websocket/open-server.ts'
import { UwsServer } from '../../ingest/websocket/uws-server.ts'
import { WsServer } from '../../ingest/websocket/ws-server.ts'
import { MillraceError } from '../../core/errors.ts'
import type { RefusalReason } from '../../core/refusal.ts'
import { TIERS } from '../../core/tiers.ts'
import { observeCursor } from '../../memory/atomics.ts'
import { ClientWindows } from '../../memory/client-windows.ts'
import {
  CONTROL_CHECKPOINT_ROUND,
  CONTROL_REPLAYING,
  CONTROL_SOCKETS,
  CONTROL_STREAMS,
} from '../../memory/layout/control.layout.ts'
import { StorageFloor } from '../../memory/storage-floor.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import type { SpscFrameProducer } from '../../memory/rings/spsc-frame-ring.ts'
import type { Config } from '../config/config.ts'
import { type Foundation, openProducer } from '../foundation.ts'
import { retryAfterOf } from '../retry-advice.ts'

const GOODBYE_MS = 100
/** RFC 6455, 7.4.1: an endpoint is going away. */
const CLOSE_GOING_AWAY = 1001

/** Where an engine listens. */
export interface Listening extends Endpoint {
  readonly server: 'uws' | 'ws'
}

/** What of the configuration a listener needs; it can be sent to another thread. */
export type ListenerConfig = Pick<
  Config,
  'host' | 'port' | 'limits' | 'rates' | 'server' | 'listeners' | 'auth'
>

export interface ListenerParts {
  readonly foundation: Pick<Foundation, 'memory' | 'plan' | 'signals'>
  readonly config: ListenerConfig
  readonly ring: number
  readonly clock: Clock
  readonly names: NameResolver
  readonly authenticate: Authenticate
  readonly http: HttpHandler
  readonly tls: Tls | null
  /** Rests for up to `ms`, or until the router has made room. */
  readonly pause: (ms: number) => void
  /** A frame that wants an answer is in the ring. */
  readonly wantAnswers: () => void
  readonly turn: Turn
  /** What is known on this thread of frames that were taken in part. */
  readonly partRefusals: PartRefusals
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

/**
 * Says goodbye, gives the clients a moment to take it in, and frees the port: a socket that is closed with bytes unread
 * takes back what it was sent last.
 */
export async function hangUp({ intake, server }: Listener, clock: Clock, turn: Turn): Promise<void> {
  turn.begin()
  try {
    const connections = intake.disconnect(CLOSE_GOING_AWAY, 'the engine is shutting down')
    turn.end()
    if (connections > 0) await new Promise<void>((resolve) => clock.after(GOODBYE_MS, resolve))
  } finally {
    // whatever happens: a thread that ends with an open app takes the process with it
    await server.close()
  }
}

export async function openListener(parts: ListenerParts): Promise<Listener> {
  const { foundation, config, ring, clock } = parts
  const { limits, rates } = config
  const producer = openProducer(foundation, ring, parts.wantAnswers)
  const intake = new Intake({
    memory: foundation.memory,
    producer,
    names: parts.names,
    counters: countersOf(foundation, ring),
    limits,
    retryAfterMs: retryAfterOf(foundation),
    rates: { connection: rates.client, address: rates.address, tenant: rates.tenant },
    clock,
    receivedMs: turnTime(clock),
    pause: parts.pause,
    quarantine: parts.quarantine,
    clients: clientsOf(parts),
    refusal: refusalOf(foundation),
  })
  const server = await openServer(parts, intake)
  return { intake, producer, server, listen: () => server.listen(config.host, config.port) }
}

/** Frames already taken, by client; where a journal keeps them. */
function clientsOf({ foundation, partRefusals }: ListenerParts): ClientMemory | undefined {
  const { memory, plan } = foundation
  if (plan.clientSlots === 0) return undefined
  const round = plan.at.control + CONTROL_CHECKPOINT_ROUND
  return {
    windows: new ClientWindows(memory, plan.at.clients, plan.clientSlots),
    partRefusals,
    round: () => observeCursor(memory.i32, round),
  }
}

/** What stops all frames at the door. */
export function refusalOf({ memory, plan }: Pick<Foundation, 'memory' | 'plan'>): () => RefusalReason | '' {
  const floor = new StorageFloor(memory, plan.at.map)
  const replaying = plan.at.control + CONTROL_REPLAYING
  return () => {
    if (floor.tiersShed >= TIERS.length) return 'storage'
    return observeCursor(memory.i32, replaying) === 0 ? '' : 'replaying'
  }
}

async function openServer(parts: ListenerParts, intake: Intake): Promise<StreamServer> {
  const { authenticate, http, tls, clock, turn, onError, onWarning, config } = parts
  const { limits, listeners } = config
  const tally = tallyOf(parts.foundation)
  const serverParts = { intake, limits, authenticate, http, tls, clock, listeners, tally, turn, onError }
  if (config.server === 'ws') return WsServer.open(serverParts)
  const uws = await loadUws()
  if (!(uws instanceof Error)) return new UwsServer(uws, serverParts)
  const reason = uws.message.split('\n')[0]
  if (config.server === 'uws' || listeners > 1)
    throw new MillraceError('listen-failed', `uWebSockets.js does not load here: ${reason}`)
  onWarning(`uWebSockets.js does not load here, so the slower "ws" serves instead: ${reason}`)
  return WsServer.open(serverParts)
}

function tallyOf({ memory, plan }: Pick<Foundation, 'memory' | 'plan'>): SocketTally {
  const { control } = plan.at
  return new SocketTally(memory.i32, control + CONTROL_SOCKETS, control + CONTROL_STREAMS)
}
