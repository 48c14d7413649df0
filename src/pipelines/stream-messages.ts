import type {
  DerivedReading,
  Origin,
  Outlet,
  PipelineAlert,
  PipelineDeadLetter,
} from './definition/outside.ts'
import { MAX_EGRESS_BYTES } from '../memory/rings/egress-ring.ts'

/** What a pipeline in a worker says to the main thread, in JSON. */
export type StreamMessage = { readonly pipeline: string } & (
  | { readonly item: unknown; readonly node: string; readonly origin: Origin }
  | { readonly alert: PipelineAlert }
  | { readonly reading: DerivedReading }
  | { readonly deadLetter: PipelineDeadLetter }
  | { readonly move: VelocityMove }
)

/** A device is shown in batches from now on, or as it comes. */
export interface VelocityMove {
  readonly device: number
  readonly to: 'fast' | 'slow'
  /** Readings, when that was found out. */
  readonly perSecond: number
}

const encoder = new TextEncoder()

/** Where messages go. */
export interface MessagePost {
  /** Waits for room where it must. */
  send(payload: Uint8Array): void
  /** Calls whoever reads them. */
  ring(): void
}

/** A pipeline's way out of a worker. */
export class StreamMessages implements Outlet {
  readonly #pipeline: string
  readonly #post: MessagePost
  #waiting: Uint8Array[] = []

  constructor(pipeline: string, post: MessagePost) {
    this.#pipeline = pipeline
    this.#post = post
  }

  item(node: string, given: unknown, origin: Origin): void {
    // JSON leaves out what is undefined
    const item = given === undefined ? null : given
    const payload = encode({ pipeline: this.#pipeline, item, node, origin })
    if (payload.length <= MAX_EGRESS_BYTES) this.#waiting.push(payload)
    else this.deadLetter({ node, cause: `longer than ${MAX_EGRESS_BYTES} bytes as JSON`, item: null, origin })
  }

  alert(alert: PipelineAlert): void {
    this.#waiting.push(encode({ pipeline: this.#pipeline, alert }))
  }

  reading(reading: DerivedReading): void {
    this.#waiting.push(encode({ pipeline: this.#pipeline, reading }))
  }

  deadLetter(deadLetter: PipelineDeadLetter): void {
    const payload = encode({ pipeline: this.#pipeline, deadLetter })
    if (payload.length <= MAX_EGRESS_BYTES) this.#waiting.push(payload)
    else this.deadLetter({ ...deadLetter, item: null, cause: deadLetter.cause.slice(0, 1024) })
  }

  moved(move: VelocityMove): void {
    this.#waiting.push(encode({ pipeline: this.#pipeline, move }))
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    for (const payload of this.#waiting) this.#post.send(payload)
    this.#waiting = []
    this.#post.ring()
  }
}

const encode = (message: StreamMessage): Uint8Array => encoder.encode(JSON.stringify(message, plain))

/** JSON has no 64-bit numbers: series keys go as text. */
const plain = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
