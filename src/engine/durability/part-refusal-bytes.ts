import type { PartRefusal } from '../../ingest/part-refusals.ts'

const CLIENT = 0
const SEQ = 8
const REASON = 12
const COUNT = 16
const INDEXES = 20
const INDEX_BYTES = 4

/** Frames taken in part, for a checkpoint: f64 client, u32 seq, u32 reason, u32 count, and as many u32 indexes. */
export function encodePartRefusals(refusals: Iterable<PartRefusal>): Uint8Array {
  const encoded: Uint8Array[] = []
  for (const { client, seq, reason, indexes } of refusals) {
    const bytes = new Uint8Array(INDEXES + indexes.length * INDEX_BYTES)
    const view = new DataView(bytes.buffer)
    view.setFloat64(CLIENT, client, true)
    view.setUint32(SEQ, seq, true)
    view.setUint32(REASON, reason, true)
    view.setUint32(COUNT, indexes.length, true)
    for (let i = 0; i < indexes.length; i++) view.setUint32(INDEXES + i * INDEX_BYTES, indexes[i], true)
    encoded.push(bytes)
  }
  return Buffer.concat(encoded)
}

export function decodePartRefusals(bytes: Uint8Array): PartRefusal[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const refusals: PartRefusal[] = []
  for (let at = 0; at < bytes.length;) {
    const first = at + INDEXES
    const indexes = new Uint32Array(view.getUint32(at + COUNT, true))
    for (let i = 0; i < indexes.length; i++) indexes[i] = view.getUint32(first + i * INDEX_BYTES, true)
    refusals.push({
      client: view.getFloat64(at + CLIENT, true),
      seq: view.getUint32(at + SEQ, true),
      reason: view.getUint32(at + REASON, true),
      indexes,
    })
    at = first + indexes.length * INDEX_BYTES
  }
  return refusals
}
