import type { SentReading } from './reading.ts'

/** A frame as programs see it. */
export interface FrameSummary {
  /** Its number; rises from frame to frame, also across connections and, with a folder, processes. */
  readonly seq: number
  readonly count: number
  /** Decodes its readings; only valid during the event. */
  readings(): SentReading[]
}

/** Readings that the client doesn't try to deliver any more. */
export interface GivenUp {
  readonly readings: readonly SentReading[]
  /** Of the frame they were in; 0 = they were in none yet. */
  readonly seq: number
  readonly reason: string
  /** How often they were refused. */
  readonly tries: number
  /** True if they were sent and no answer came: the server may have taken them. */
  readonly isUncertain: boolean
}

export interface ClientEvents {
  connected: () => void
  /** `retryInMs`: when it will be tried again; null after `close`. */
  disconnected: (code: number, reason: string, retryInMs: number) => void
  /** A frame has got its number and is stored: in the folder, if there is one. */
  sealed: (frame: FrameSummary) => void
  /** The server has taken the frame, but for the readings at the indexes `except`. */
  acknowledged: (frame: FrameSummary, except: readonly number[]) => void
  /** The server refused the frame, or the readings at `indexes`, which go on in the frame `again` or are given up. */
  refused: (
    frame: FrameSummary,
    reason: string,
    indexes: readonly number[] | null,
    again: FrameSummary | null,
  ) => void
  givenUp: (givenUp: GivenUp) => void
  /** The folder could not be read or written; the client goes on and tries again where that helps. */
  storageFailed: (error: unknown) => void
}

/** Listeners by event, and what calls them. */
export interface Emitter {
  /** Returns what removes the listener. */
  readonly on: <Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]) => () => void
  readonly emit: Emit
}

/** Returns how many listen. What a listener throws is a rejection that nobody handles: it can't disturb delivery. */
export type Emit = <Name extends keyof ClientEvents>(
  name: Name,
  ...args: Parameters<ClientEvents[Name]>
) => number

type Listener = (...args: unknown[]) => void

export function newEmitter(): Emitter {
  const listeners = new Set<readonly [name: string, listener: Listener]>()
  return {
    on(name, listener) {
      const entry = [name, listener as Listener] as const
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    emit(name, ...args) {
      // found before the first is called, which may add and remove some
      const heard = [...listeners].filter(([one]) => one === name)
      // oxlint-disable-next-line typescript/require-await, typescript/no-misused-promises
      heard.forEach(async ([, listener]) => listener(...args))
      return heard.length
    },
  }
}

/** Tells of readings given up; by the console, if nobody listens. */
export function tellGivenUp(emit: Emit, givenUp: GivenUp): void {
  if (!emit('givenUp', givenUp))
    console.warn(`millrace: gave up ${givenUp.readings.length} readings: ${givenUp.reason}`)
}
