/**
 * A device's connection that keeps every frame until it is acknowledged, and sends it again, under the same number, after a
 * reconnect or a refusal. What came back refused is sent when nothing else is under way: an `accepted` is cumulative, and
 * must not be taken for the answer to a frame that was sent again after it.
 */
import { WebSocket } from 'ws'
import type { SentReading } from './series-account.ts'
import { type Answer, binaryFrame, readAnswer, textFrame } from './wire.ts'

export interface SenderOptions {
  readonly client: string
  readonly port: () => number
  /** Frames under way at most. */
  readonly window: number
  readonly isText: boolean
  /** Bytes in each frame that mean nothing. */
  readonly filling?: number
  /** The next frame's readings; undefined = nothing to send now. */
  readonly next: () => readonly SentReading[] | undefined
  readonly onAcknowledged: (readings: readonly SentReading[]) => void
  readonly onViolation: (words: string) => void
}

interface Frame {
  readonly seq: number
  readonly readings: readonly SentReading[]
}

const REPLY_TIMEOUT_MS = 1200
const TICK_MS = 8
const RECONNECT_MS = 25

export class Sender {
  readonly options: SenderOptions
  isGenerating = false
  readonly counts = { frames: 0, resent: 0, refused: 0, partly: 0, connections: 0 }
  readonly #underWay = new Map<number, Frame>()
  #again: Frame[] = []
  #nextSeq = 1
  #socket: WebSocket | undefined
  #retryAtMs = 0
  #reconnectAtMs = 0
  #heardMs = 0
  readonly #timer = setInterval(() => this.#tick(), TICK_MS)

  constructor(options: SenderOptions) {
    this.options = options
  }

  get isSettled(): boolean {
    return this.#underWay.size === 0 && this.#again.length === 0
  }

  /** Sent at least once, and acknowledged. */
  isAcknowledged(seq: number): boolean {
    return seq < this.#nextSeq && !this.#underWay.has(seq) && !this.#again.some((frame) => frame.seq === seq)
  }

  get waiting(): string {
    const seqs = [...this.#underWay.keys(), ...this.#again.map(({ seq }) => seq)]
    return `${this.options.client}: ${seqs.slice(0, 8).join(', ')} of ${this.#nextSeq - 1}`
  }

  /** Ends the connection as a bad network does. */
  cut(): void {
    this.#socket?.terminate()
  }

  /** Sends what there is now, without waiting for its turn. */
  hurry(): void {
    this.#tick()
  }

  close(): void {
    clearInterval(this.#timer)
    this.cut()
  }

  #tick(): void {
    const nowMs = performance.now()
    if (this.#socket === undefined) {
      if (nowMs >= this.#reconnectAtMs) this.#connect()
    } else if (this.#underWay.size > 0 && nowMs - this.#heardMs > REPLY_TIMEOUT_MS) this.cut()
    else if (this.#socket.readyState === WebSocket.OPEN && nowMs >= this.#retryAtMs) this.#pump()
  }

  #pump(): void {
    const { window, filling, next } = this.options
    if (this.#again.length > 0) {
      if (this.#underWay.size === 0) for (const frame of this.#again.splice(0, window)) this.#send(frame)
      return
    }
    // whoever has much to send doesn't take its time
    const most = filling === undefined ? 1 : window
    for (let sent = 0; sent < most && this.isGenerating && this.#underWay.size < window; sent++) {
      const readings = next()
      if (readings === undefined) return
      this.#send({ seq: this.#nextSeq++, readings })
    }
  }

  #send(frame: Frame): void {
    if (this.#underWay.size === 0) this.#heardMs = performance.now()
    this.#underWay.set(frame.seq, frame)
    this.counts.frames++
    const { isText, filling } = this.options
    const { seq, readings } = frame
    this.#socket?.send(isText ? textFrame(seq, readings) : binaryFrame(seq, readings, filling))
  }

  #connect(): void {
    const { port, client } = this.options
    const socket = new WebSocket(`ws://127.0.0.1:${port()}/v1/stream?client=${client}`)
    this.#socket = socket
    this.#reconnectAtMs = performance.now() + RECONNECT_MS
    socket.on('open', () => this.counts.connections++)
    socket.on('message', (data, isBinary) => this.#hear(readAnswer(data as Buffer, isBinary)))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#socket = undefined
      this.#sendAgain([...this.#underWay.values()])
    })
  }

  /** In the order of their numbers. */
  #sendAgain(frames: readonly Frame[]): void {
    for (const { seq } of frames) this.#underWay.delete(seq)
    this.counts.resent += frames.length
    this.#again = [...this.#again, ...frames].sort((a, b) => a.seq - b.seq)
  }

  #hear(answer: Answer): void {
    this.#heardMs = performance.now()
    const { seq, status, refused } = answer
    if (status === 'refused') this.#refused(answer)
    else if (status === 'accepted' && refused.length === 0) {
      for (const frame of [...this.#underWay.values()])
        if (frame.seq <= seq) this.#settle(frame, frame.readings)
    } else this.options.onViolation(`${this.options.client}: ${status} ${seq}: ${answer.reason}`)
  }

  #settle(frame: Frame, readings: readonly SentReading[]): void {
    this.#underWay.delete(frame.seq)
    this.options.onAcknowledged(readings)
  }

  #refused({ seq, reason, retryAfterMs, refused }: Answer): void {
    const frame = this.#underWay.get(seq)
    if (reason === 'sequence') this.options.onViolation(`${this.options.client}: sequence ${seq} is refused`)
    if (frame === undefined) return
    this.#retryAtMs = performance.now() + Math.min(retryAfterMs, 200)
    if (refused.length === 0) {
      this.counts.refused++
      return this.#sendAgain([frame])
    }
    this.counts.partly++
    const indexes = new Set(refused)
    this.#settle(
      frame,
      frame.readings.filter((_, index) => !indexes.has(index)),
    )
    const rest = frame.readings.filter((_, index) => indexes.has(index))
    this.#sendAgain([{ seq: this.#nextSeq++, readings: rest }])
  }
}
