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
}

export type Write = (chunk: string) => void

interface Entry {
  readonly node: string
  readonly text: string
}

class Follower {
  readonly node: string | undefined
  readonly write: Write
  next: number
  cancel: (() => void) | undefined

  constructor(node: string | undefined, next: number, write: Write) {
    this.node = node
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
      this.#entries.push({ node, text })
      this.#bytes += text.length
    }
    for (const follower of this.#followers) if (follower.cancel === undefined) this.#send(follower)
    this.#shrink()
  }

  /** Returns what ends it. */
  follow({ node, after }: Follow, write: Write): () => void {
    const end = this.#first + this.#entries.length
    const place = after === '' ? end : this.#placeAfter(after)
    const follower = new Follower(node, place ?? this.#first, write)
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
    const piece = this.#pieceFor(follower)
    if (piece !== '') follower.write(piece)
    if (follower.next < this.#first + this.#entries.length)
      follower.cancel = this.#clock.after(BETWEEN_PIECES_MS, () => this.#send(follower))
  }

  #pieceFor(follower: Follower): string {
    let piece = ''
    const end = this.#first + this.#entries.length
    while (follower.next < end && piece.length < PIECE_CHARACTERS) {
      const { node, text } = this.#entries[follower.next++ - this.#first]
      if (follower.node === undefined || follower.node === node) piece += text
    }
    return piece
  }

  #tellGap(follower: Follower): void {
    this.#gaps++
    const oldest = this.#idOf(this.#first)
    follower.write(`event: gap\ndata: ${JSON.stringify({ oldest })}\n\n`)
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
