// @ts-check
/** The binary wire format by hand: frames out, replies in (schemas/ has the FlatBuffers schema). */

/** @typedef {{ series: bigint, value: number, time: number, lat: number, lon: number }} BinaryReading degrees, ms */
/** @typedef {{ seq: number, status: string, retryAfterMs: number, refused: number }} Reply `refused` = readings refused, 0 = all */

const MASK_64 = (1n << 64n) - 1n
const MASK_48 = (1n << 48n) - 1n

/** `deviceId << 16 | metricId`; the id is the low 48 bits of the name's FNV-1a hash. @param {string} device @param {number} metricId */
export function seriesOf(device, metricId) {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(device))
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK_64
  const id = hash & MASK_48
  return ((id === 0n ? 1n : id) << 16n) | BigInt(metricId)
}

/** A FlatBuffers `Frame`. @param {number} seq @param {readonly BinaryReading[]} readings */
export function encodeFrame(seq, readings) {
  const bytes = Buffer.alloc(32 + readings.length * 32)
  bytes.writeUInt32LE(16, 0) // root table
  bytes.write('MRF1', 4, 'latin1')
  bytes.writeUInt16LE(8, 8) // vtable: its bytes, the table's, where seq and readings are
  bytes.writeUInt16LE(12, 10)
  bytes.writeUInt16LE(4, 12)
  bytes.writeUInt16LE(8, 14)
  bytes.writeInt32LE(8, 16) // table: back to the vtable
  bytes.writeUInt32LE(seq, 20)
  bytes.writeUInt32LE(4, 24) // on to the vector
  bytes.writeUInt32LE(readings.length, 28)
  readings.forEach((reading, i) => encodeReading(bytes, 32 + i * 32, reading))
  return bytes
}

/** @param {Buffer} bytes @param {number} at @param {BinaryReading} reading */
function encodeReading(bytes, at, { series, time, value, lat, lon }) {
  bytes.writeBigUInt64LE(series, at)
  bytes.writeDoubleLE(time, at + 8)
  bytes.writeDoubleLE(value, at + 16)
  bytes.writeInt32LE(Math.round(lat * 1e7), at + 24)
  bytes.writeInt32LE(Math.round(lon * 1e7), at + 28)
}

const STATUSES = ['accepted', 'refused', 'malformed', 'unauthorized']

/** Reads a binary or a JSON reply. @param {Buffer} message @param {boolean} binary @returns {Reply} */
export function decodeReply(message, binary) {
  if (!binary) {
    const { seq = 0, status, retry_after_ms: retryAfterMs = 0, refused = [] } = JSON.parse(message.toString())
    return { seq, status: STATUSES[status] ?? status, retryAfterMs, refused: refused.length }
  }
  const table = message.readUInt32LE(0)
  const vtable = table - message.readInt32LE(table)
  /** @param {number} index */
  const field = (index) => {
    const slot = 4 + 2 * index
    const offset = slot < message.readUInt16LE(vtable) ? message.readUInt16LE(vtable + slot) : 0
    return offset === 0 ? 0 : table + offset
  }
  /** @param {number} index */
  const number = (index) => (field(index) === 0 ? 0 : message.readUInt32LE(field(index)))
  const status = field(1) === 0 ? 0 : message.readUInt8(field(1))
  const refused = field(4) === 0 ? 0 : message.readUInt32LE(field(4) + number(4))
  return { seq: number(0), status: STATUSES[status], retryAfterMs: number(3), refused }
}
