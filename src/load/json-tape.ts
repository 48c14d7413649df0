import type { Population } from './population.ts'
import type { Signal } from './signal.ts'
import type { Tape, TapePlan } from './tape.ts'
import { headerBytes, OPCODE, writeHeader } from './websocket-framing.ts'

/** Numbers that change stand right-aligned in fields of fixed width: JSON allows the blanks before them. */
const VALUE_WIDTH = 10
const SEQ_WIDTH = 10
const TIME_WIDTH = 13
const DECIMALS = 3

const ZERO = 0x30
const BLANK = 0x20

function writeInteger(bytes: Buffer, at: number, width: number, value: number): void {
  let rest = value
  let i = at + width - 1
  do {
    bytes[i--] = ZERO + (rest % 10)
    rest = Math.floor(rest / 10)
  } while (rest > 0)
  while (i >= at) bytes[i--] = BLANK
}

function writeDecimal(bytes: Buffer, at: number, width: number, value: number): void {
  const scaled = Math.round(Math.abs(value) * 10 ** DECIMALS)
  let fraction = scaled % 10 ** DECIMALS
  let i = at + width - 1
  for (let digit = 0; digit < DECIMALS; digit++) {
    bytes[i--] = ZERO + (fraction % 10)
    fraction = Math.floor(fraction / 10)
  }
  bytes[i] = 0x2e
  const whole = Math.floor(scaled / 10 ** DECIMALS)
  writeInteger(bytes, at, i - at, whole)
  if (value < 0) bytes[bytes.lastIndexOf(BLANK, i - 1)] = 0x2d
}

/** The text of a frame and where in it (in bytes) the changing fields are. */
class Draft {
  readonly #parts: string[] = []
  #bytes = 0

  text(part: string): this {
    this.#parts.push(part)
    this.#bytes += Buffer.byteLength(part)
    return this
  }

  /** Leaves room and returns its offset. */
  field(width: number): number {
    const at = this.#bytes
    this.text('0'.padStart(width))
    return at
  }

  toBuffer(): Buffer {
    const payload = Buffer.from(this.#parts.join(''))
    const header = headerBytes(payload.length)
    const bytes = Buffer.alloc(header + payload.length)
    writeHeader(bytes, 0, OPCODE.text, payload.length)
    bytes.set(payload, header)
    return bytes
  }
}

/** Frames as JSON text: one object, an array, or `{"seq", "readings"}` if acknowledgements are wanted. */
export class JsonTape implements Tape {
  readonly bytes: Buffer
  readonly frames: number
  readonly readingsPerFrame: number
  readonly #starts: Float64Array
  readonly #values: Float64Array
  readonly #times: Float64Array
  readonly #seqs: Float64Array
  readonly #means: Float32Array

  constructor(population: Population, plan: TapePlan) {
    this.readingsPerFrame = plan.readingsPerFrame
    this.frames = plan.slots.length / plan.readingsPerFrame
    this.#starts = new Float64Array(this.frames + 1)
    this.#values = new Float64Array(plan.slots.length)
    this.#times = new Float64Array(plan.timed ? plan.slots.length : 0)
    this.#seqs = new Float64Array(plan.acknowledged ? this.frames : 0)
    this.#means = Float32Array.from(plan.slots, (device) => population.meanOf(device))
    const encoded = Array.from({ length: this.frames }, (_, frame) => this.#encode(frame, population, plan))
    this.bytes = Buffer.concat(encoded)
  }

  startOf(frame: number): number {
    return this.#starts[frame]
  }

  refresh(frame: number, seq: number, timeMs: number, signal: Signal): void {
    const end = (frame + 1) * this.readingsPerFrame
    signal.jump()
    for (let slot = frame * this.readingsPerFrame; slot < end; slot++) {
      writeDecimal(this.bytes, this.#values[slot], VALUE_WIDTH, signal.next(this.#means[slot]))
      if (this.#times.length > 0) writeInteger(this.bytes, this.#times[slot], TIME_WIDTH, Math.round(timeMs))
    }
    if (this.#seqs.length > 0) writeInteger(this.bytes, this.#seqs[frame], SEQ_WIDTH, seq)
  }

  #encode(frame: number, population: Population, plan: TapePlan): Buffer {
    const draft = new Draft()
    const first = frame * this.readingsPerFrame
    const bracketed = plan.acknowledged || this.readingsPerFrame > 1
    if (plan.acknowledged) this.#seqs[frame] = draft.text('{"seq":').field(SEQ_WIDTH)
    if (bracketed) draft.text(plan.acknowledged ? ',"readings":[' : '[')
    for (let i = 0; i < this.readingsPerFrame; i++) {
      if (i > 0) draft.text(',')
      this.#encodeReading(draft, first + i, population, plan)
    }
    if (bracketed) draft.text(plan.acknowledged ? ']}' : ']')
    return this.#place(draft.toBuffer(), frame)
  }

  #encodeReading(draft: Draft, slot: number, population: Population, plan: TapePlan): void {
    const device = plan.slots[slot]
    const place = population.positionOf(device)
    draft.text(
      `{"device":${JSON.stringify(population.nameOf(device))},"metric":${JSON.stringify(plan.metric.name)},"value":`,
    )
    this.#values[slot] = draft.field(VALUE_WIDTH)
    if (plan.timed) this.#times[slot] = draft.text(',"time":').field(TIME_WIDTH)
    draft.text(place ? `,"lat":${place.lat},"lon":${place.lon}}` : '}')
  }

  /** Makes the frame's field offsets offsets in the tape. */
  #place(encoded: Buffer, frame: number): Buffer {
    const start = this.#starts[frame]
    const payload = start + headerBytesOf(encoded)
    this.#starts[frame + 1] = start + encoded.length
    for (let slot = frame * this.readingsPerFrame; slot < (frame + 1) * this.readingsPerFrame; slot++) {
      this.#values[slot] += payload
      if (this.#times.length > 0) this.#times[slot] += payload
    }
    if (this.#seqs.length > 0) this.#seqs[frame] += payload
    return encoded
  }
}

/** Bytes of the header that a masked message begins with. */
function headerBytesOf(message: Buffer): number {
  const short = message[1] & 0x7f
  return short < 126 ? 6 : short === 126 ? 8 : 14
}
