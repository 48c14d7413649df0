/**
 * What the subscribers of one pipeline are sent: the latest items, numbered, a bounded number of them. A follower has a
 * place in it and is sent what is behind that, a piece at a time, so that one who comes back with a long way to go is not
 * taken for one who doesn't read. Whoever falls behind the oldest is told that something is missing. Those who don't read
 * what they are sent are cut off by the server.
 */
import type { Clock } from '../../core/clock.ts'
import type { SinkRecord } from '../record.ts'

export interface Follow {
  /** Items of this node only; undefined = of all. */
  readonly node: string | undefined
  /** The id of the last event that was seen; '' = begin with the next one. */
  readonly after: string
  /** Server-sent events, or messages of a WebSocket: `write` is given several of the former, or one of the latter. */
  readonly form: 'events' | 'messages'
}

export type Write = (chunk: string) => void

interface Entry {
  readonly node: string
  /** As an event. */
  readonly text: string
  readonly line: string
}

class Follower {
  readonly node: string | undefined
  readonly isSocket: boolean
  readonly write: Write
  next: number
  cancel: (() => void) | undefined

  constructor({ node, form }: Follow, next: number, write: Write) {
    this.node = node
    this.isSocket = form === 'messages'
    this.next = next
    this.write = write
  }
}

const PIECE_CHARACTERS = 64 * 1024
const BETWEEN_PIECES_MS = 20
const STAMP_RADIX = 36

export class StreamHub {
  readonly #clock: Clock
  /** Tells the events of this process from those of the one before. */
  readonly #stamp: string
  readonly #nodes = new Set<string>()
  readonly #entries: Entry[] = []
  readonly #followers = new Set<Follower>()
  #items = 0
  #mostBytes = 0
  #bytes = 0
  /** Number of the first entry. */
  #first = 1
  #gaps = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#stamp = Math.floor(clock.epochMs()).toString(STAMP_RADIX)
  }

  get nodes(): ReadonlySet<string> {
    return this.#nodes
  }

  get followers(): number {
    return this.#followers.size
  }

  /** Times that a follower had to be told of a gap. */
  get gaps(): number {
    return this.#gaps
  }

  /** Keeps so many items, in so many characters, or what another node asks for if that is more. */
  add(node: string, recent: { readonly items: number; readonly bytes: number }): void {
    this.#nodes.add(node)
    this.#items = Math.max(this.#items, recent.items)
    this.#mostBytes = Math.max(this.#mostBytes, recent.bytes)
  }

  remove(node: string): void {
    this.#nodes.delete(node)
  }

  publish(batch: readonly SinkRecord[]): void {
    for (const { node, line } of batch) {
      const id = this.#idOf(this.#first + this.#entries.length)
      const text = `id: ${id}\nevent: item\ndata: ${line}\n\n`
      this.#entries.push({ node, text, line })
      this.#bytes += text.length
    }
    for (const follower of this.#followers) if (follower.cancel === undefined) this.#send(follower)
    this.#shrink()
  }

  /** Returns what ends it. */
  follow(follow: Follow, write: Write): () => void {
    const { after } = follow
    const end = this.#first + this.#entries.length
    const place = after === '' ? end : this.#placeAfter(after)
    const follower = new Follower(follow, place ?? this.#first, write)
    this.#followers.add(follower)
    if (place === undefined) this.#tellGap(follower)
    this.#send(follower)
    return () => {
      this.#followers.delete(follower)
      follower.cancel?.()
    }
  }

  /** Undefined if what follows the event is not known any more, or never was. */
  #placeAfter(id: string): number | undefined {
    const [stamp, digits = ''] = id.split('-')
    if (stamp !== this.#stamp || !/^[0-9]{1,15}$/.test(digits)) return undefined
    const next = Number(digits) + 1
    return next >= this.#first && next <= this.#first + this.#entries.length ? next : undefined
  }

  #send(follower: Follower): void {
    follower.cancel = undefined
    if (follower.next < this.#first) {
      follower.next = this.#first
      this.#tellGap(follower)
    }
    if (follower.isSocket) this.#sendMessages(follower)
    else this.#sendEvents(follower)
    if (follower.next < this.#first + this.#entries.length)
      follower.cancel = this.#clock.after(BETWEEN_PIECES_MS, () => this.#send(follower))
  }

  #sendMessages(follower: Follower): void {
    const end = this.#first + this.#entries.length
    for (let sent = 0; follower.next < end && sent < PIECE_CHARACTERS;) {
      const id = this.#idOf(follower.next)
      const { node, line } = this.#entries[follower.next++ - this.#first]
      if (follower.node !== undefined && follower.node !== node) continue
      follower.write(`{"event":"item","id":"${id}","data":${line}}`)
      sent += line.length
    }
  }

  #sendEvents(follower: Follower): void {
    let piece = ''
    const end = this.#first + this.#entries.length
    while (follower.next < end && piece.length < PIECE_CHARACTERS) {
      const { node, text } = this.#entries[follower.next++ - this.#first]
      if (follower.node === undefined || follower.node === node) piece += text
    }
    if (piece !== '') follower.write(piece)
  }

  #tellGap(follower: Follower): void {
    this.#gaps++
    const oldest = this.#idOf(this.#first)
    const data = JSON.stringify({ oldest })
    follower.write(follower.isSocket ? `{"event":"gap","data":${data}}` : `event: gap\ndata: ${data}\n\n`)
  }

  #shrink(): void {
    let over = 0
    for (let left = this.#entries.length; left > this.#items || this.#bytes > this.#mostBytes; left--)
      this.#bytes -= this.#entries[over++].text.length
    this.#entries.splice(0, over)
    this.#first += over
  }

  #idOf = (number: number): string => `${this.#stamp}-${number}`
}
