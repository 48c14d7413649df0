/**
 * RFC 6455 framing, client side, no extensions. Outgoing frames carry the masking bit with a key of zero, which the RFC
 * allows and which leaves the payload as it is: a frame can be laid out once and sent many times.
 */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

const FIN = 0x80
const MASKED = 0x80

/** Bytes of the header of a masked frame. */
export const headerBytes = (payloadBytes: number): number =>
  payloadBytes < 126 ? 6 : payloadBytes < 0x1_0000 ? 8 : 14

/** Writes the header of a whole message at `offset`; the payload goes to `offset + headerBytes(payloadBytes)`. */
export function writeHeader(target: Buffer, offset: number, opcode: number, payloadBytes: number): void {
  target[offset] = FIN | opcode
  const key = offset + headerBytes(payloadBytes) - 4
  if (payloadBytes < 126) target[offset + 1] = MASKED | payloadBytes
  else if (payloadBytes < 0x1_0000) {
    target[offset + 1] = MASKED | 126
    target.writeUInt16BE(payloadBytes, offset + 2)
  } else {
    target[offset + 1] = MASKED | 127
    target.writeBigUInt64BE(BigInt(payloadBytes), offset + 2)
  }
  target.writeUInt32BE(0, key)
}

/** A whole message as one buffer. */
export function messageOf(opcode: number, payload: Uint8Array): Buffer {
  const header = headerBytes(payload.length)
  const bytes = Buffer.alloc(header + payload.length)
  writeHeader(bytes, 0, opcode, payload.length)
  bytes.set(payload, header)
  return bytes
}

/** The largest message taken from a server; replies are far smaller. */
const MAX_MESSAGE_BYTES = 1024 * 1024

const NOTHING = Buffer.alloc(0)

/** Cuts what a server sends into messages, whatever the pieces it arrives in. */
export class MessageParser {
  readonly #onMessage: (opcode: number, payload: Buffer) => void
  #rest: Buffer = NOTHING
  #fragments: Buffer[] = []
  #fragmentOpcode: number = OPCODE.continuation

  constructor(onMessage: (opcode: number, payload: Buffer) => void) {
    this.#onMessage = onMessage
  }

  /** Throws if the server breaks the protocol. Payloads given to `onMessage` are valid during the call. */
  push(piece: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece
    let at = 0
    while (at < bytes.length) {
      const next = this.#frameAt(bytes, at)
      if (next === at) break
      at = next
    }
    this.#rest = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at))
  }

  /** Takes one frame and returns where the next begins, or `at` if it is not all there. */
  #frameAt(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return at
    const short = bytes[at + 1] & 0x7f
    if (bytes[at + 1] & MASKED) throw new Error('the server sent a masked frame')
    const header = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length - at < header) return at
    const size =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    if (size > MAX_MESSAGE_BYTES) throw new Error(`the server sent a frame of ${size} bytes`)
    const end = at + header + size
    if (end > bytes.length) return at
    this.#frame(bytes[at], bytes.subarray(at + header, end))
    return end
  }

  #frame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f
    const whole = (first & FIN) !== 0
    if (first & 0x70) throw new Error('the server set a reserved bit')
    if (opcode >= OPCODE.close || (whole && opcode !== OPCODE.continuation)) this.#onMessage(opcode, payload)
    else this.#fragment(opcode, whole, payload)
  }

  #fragment(opcode: number, last: boolean, payload: Buffer): void {
    if (opcode !== OPCODE.continuation) this.#fragmentOpcode = opcode
    this.#fragments.push(Buffer.from(payload))
    if (!last) return
    const message = Buffer.concat(this.#fragments)
    this.#fragments = []
    this.#onMessage(this.#fragmentOpcode, message)
  }
}
