import { once } from 'node:events'
import { ByteBuffer } from 'flatbuffers'
import { WebSocket } from 'ws'
import { Reply } from '../../src/core/generated/reply.ts'
import { frame, type TestReading } from '../ingest/frames.ts'

/** A reply, from either format. */
export interface Answer {
  readonly seq: number
  readonly status: 'accepted' | 'refused' | 'malformed' | 'unauthorized'
  readonly reason: string
  readonly retryAfterMs: number
  readonly refused: readonly number[] | null
}

const STATUSES = ['accepted', 'refused', 'malformed', 'unauthorized'] as const

/** A device's connection, for tests. */
export class StreamClient {
  readonly socket: WebSocket
  readonly answers: Answer[] = []
  /** Up to which frame everything is accepted. */
  acceptedUpTo = 0
  #wake: () => void = () => undefined

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data, isBinary) =>
      this.#hear(isBinary ? binaryAnswer(data as Buffer) : textAnswer(data)),
    )
    socket.on('close', () => this.#wake())
  }

  static async open(port: number, client = ''): Promise<StreamClient> {
    const query = client === '' ? '' : `?client=${client}`
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream${query}`)
    await once(socket, 'open')
    return new StreamClient(socket)
  }

  send(seq: number, readings: readonly TestReading[]): void {
    this.socket.send(frame(seq, readings))
  }

  sendText(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Resolves when the frame has been answered one way or another. */
  async answered(seq: number, timeoutMs = 60_000): Promise<void> {
    const endMs = performance.now() + timeoutMs
    while (this.acceptedUpTo < seq && !this.answers.some((answer) => answer.seq === seq)) {
      if (performance.now() > endMs) throw new Error(`no answer to ${seq}; up to ${this.acceptedUpTo} are`)
      if (this.socket.readyState !== WebSocket.OPEN) throw new Error(`closed before ${seq} was answered`)
      await Promise.race([
        new Promise<void>((resolve) => (this.#wake = resolve)),
        new Promise((resolve) => setTimeout(resolve, 200)),
      ])
    }
  }

  async close(): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.socket, 'close')
    this.socket.close()
    await closed
  }

  #hear(answer: Answer): void {
    if (answer.status === 'accepted') this.acceptedUpTo = Math.max(this.acceptedUpTo, answer.seq)
    if (answer.status !== 'accepted' || answer.refused !== null) this.answers.push(answer)
    this.#wake()
  }
}

function binaryAnswer(data: Buffer): Answer {
  const reply = Reply.getRootAsReply(new ByteBuffer(new Uint8Array(data)))
  const refused = reply.refusedLength() === 0 ? null : [...(reply.refusedArray() ?? [])]
  return {
    seq: reply.seq(),
    status: STATUSES[reply.status()],
    reason: reply.reason() ?? '',
    retryAfterMs: reply.retryAfterMs(),
    refused,
  }
}

function textAnswer(data: unknown): Answer {
  const {
    seq = 0,
    status,
    reason = '',
    retry_after_ms: retryAfterMs = 0,
    refused = null,
  } = JSON.parse(String(data)) as {
    seq?: number
    status: Answer['status']
    reason?: string
    retry_after_ms?: number
    refused?: number[]
  }
  return { seq, status, reason, retryAfterMs, refused }
}
