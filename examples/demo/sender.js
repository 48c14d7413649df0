// @ts-check
/** One connection of the fleet: sends frames with rising sequence numbers, keeps what isn't accepted, comes back. */
import { WebSocket } from 'ws'
import { decodeReply, encodeFrame } from './encode.js'

/** @typedef {import('./encode.js').Reply} Reply */
/** @typedef {{ sent: number, accepted: number, refused: number, resent: number, broken: number, malformedReplies: number, closed: number, unanswered: number }} Tally readings; `broken` and `malformedReplies` are frames */
/** @typedef {{ readings: readonly object[], count: number }} Pending */

const MAX_PENDING_FRAMES = 256
const RECONNECT_MS = 300
const CLOSE_MS = 500

export class Sender {
  #url
  #binary
  #tally
  /** @type {WebSocket | null} */
  #socket = null
  #seq = 0
  /** @type {Map<number, Pending>} */
  #pending = new Map()
  #stopped = false

  /** @param {string} url @param {'binary' | 'json'} format @param {Tally} tally */
  constructor(url, format, tally) {
    this.#url = url
    this.#binary = format === 'binary'
    this.#tally = tally
    this.#open()
  }

  get ready() {
    return this.#socket?.readyState === WebSocket.OPEN && this.#pending.size < MAX_PENDING_FRAMES
  }

  /** Readings not answered yet. */
  get unanswered() {
    return [...this.#pending.values()].reduce((sum, { count }) => sum + count, 0)
  }

  /** Sends readings as one frame; false if the connection can't take it. @param {readonly any[]} readings */
  send(readings) {
    if (!this.ready || readings.length === 0) return false
    const seq = ++this.#seq
    this.#pending.set(seq, { readings, count: readings.length })
    this.#tally.sent += readings.length
    this.#socket?.send(this.#binary ? encodeFrame(seq, readings) : JSON.stringify({ seq, readings }))
    return true
  }

  /** Sends something that is no frame. @param {string | Buffer} message */
  sendBroken(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    this.#tally.broken++
    this.#socket.send(message)
  }

  /** Takes leave; resolves when the connection is closed. @returns {Promise<void>} */
  close() {
    this.#stopped = true
    const socket = this.#socket
    if (!socket || socket.readyState === WebSocket.CLOSED) return Promise.resolve()
    return new Promise((resolve) => {
      setTimeout(() => socket.terminate(), CLOSE_MS).unref()
      socket.on('close', () => resolve()).close(1000)
    })
  }

  #open() {
    this.#socket = new WebSocket(this.#url, { perMessageDeflate: false })
      .on('message', (/** @type {Buffer} */ message, binary) => this.#reply(decodeReply(message, binary)))
      .on('error', () => undefined)
      .on('close', () => this.#closed())
  }

  #closed() {
    this.#socket = null
    this.#tally.unanswered += this.unanswered
    this.#pending.clear()
    this.#seq = 0
    if (this.#stopped) return
    this.#tally.closed++
    setTimeout(() => this.#stopped || this.#open(), RECONNECT_MS)
  }

  /** @param {Reply} reply */
  #reply({ seq, status, retryAfterMs, refused }) {
    if (status === 'accepted') this.#accepted(seq)
    else if (status === 'refused') this.#refused(seq, refused, retryAfterMs)
    else if (status === 'malformed') this.#tally.malformedReplies++
  }

  /** All frames up to and including `last`. @param {number} last */
  #accepted(last) {
    for (const [seq, { count }] of this.#pending) {
      if (seq > last) break
      this.#tally.accepted += count
      this.#pending.delete(seq)
    }
  }

  /** The whole frame is sent again later; of one refused in part, the rest was taken. @param {number} seq @param {number} refused @param {number} retryAfterMs */
  #refused(seq, refused, retryAfterMs) {
    const pending = this.#pending.get(seq)
    if (!pending) return
    this.#pending.delete(seq)
    this.#tally.refused += refused || pending.count
    this.#tally.accepted += refused ? pending.count - refused : 0
    if (refused === 0) setTimeout(() => this.#resend(pending), Math.max(10, retryAfterMs))
  }

  /** @param {Pending} pending */
  #resend({ readings, count }) {
    if (!this.#stopped && this.send(readings)) this.#tally.resent += count
  }
}
