import type { Random } from '../core/random.ts'
import { binaryFrameBytes, writeFrameShell } from './binary-tape.ts'
import { messageOf, OPCODE } from './websocket-framing.ts'

/** Frames broken on purpose, each in its own way; all are whole WebSocket messages that hold at most one reading. */
function goodFrame(value: number): Buffer {
  const bytes = Buffer.alloc(binaryFrameBytes(1))
  writeFrameShell(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, 0, 1)
  bytes.writeBigUInt64LE((0xbadn << 16n) | 1n, 32)
  bytes.writeDoubleLE(value, 48)
  bytes.writeInt32LE(-0x8000_0000, 56)
  bytes.writeInt32LE(-0x8000_0000, 60)
  return bytes
}

function edited(edit: (bytes: Buffer) => void): Buffer {
  const bytes = goodFrame(1)
  edit(bytes)
  return bytes
}

const binaryKinds: Record<string, () => Buffer> = {
  truncated: () => goodFrame(1).subarray(0, 45),
  'wrong identifier': () => edited((bytes) => bytes.write('XXXX', 4, 'latin1')),
  'vector length lying': () => edited((bytes) => bytes.writeUInt32LE(0x7fff_ffff, 28)),
  'root outside the message': () => edited((bytes) => bytes.writeUInt32LE(0xffff_fff0, 0)),
  'vtable outside the message': () => edited((bytes) => bytes.writeInt32LE(-0x7000_0000, 16)),
  'a value that is not a number': () => goodFrame(NaN),
}

const jsonKinds: Record<string, () => Buffer> = {
  'not JSON': () => Buffer.from('temperature is 21 degrees'),
  truncated: () => Buffer.from('{"device":"bad-1","metric":"value","val'),
  'value is text': () => Buffer.from('{"device":"bad-1","metric":"value","value":"warm"}'),
  'no device': () => Buffer.from('{"metric":"value","value":1}'),
  'not an object': () => Buffer.from('17'),
}

/** Returns a source of malformed messages, ready to be sent, of all kinds in random order. */
export function malformedMessages(format: 'binary' | 'json', random: Random): () => Buffer {
  const kinds = Object.values(format === 'json' ? jsonKinds : binaryKinds)
  const opcode = format === 'json' ? OPCODE.text : OPCODE.binary
  const messages = kinds.map((kind) => messageOf(opcode, kind()))
  return () => messages[Math.floor(random() * messages.length)]
}
