import * as flatbuffers from 'flatbuffers'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'

export interface ReplyFields {
  readonly seq?: number
  readonly status?: number
  readonly reason?: string
  readonly retryAfterMs?: number
  readonly refused?: readonly number[]
  readonly credit?: number
}

/** A FlatBuffers `Reply` as the builder lays it out. */
export function replyBytes(fields: ReplyFields): Buffer {
  const builder = new flatbuffers.Builder(64)
  const reason = fields.reason === undefined ? 0 : builder.createString(fields.reason)
  let refused = 0
  if (fields.refused) {
    builder.startVector(4, fields.refused.length, 4)
    for (const index of [...fields.refused].reverse()) builder.addInt32(index)
    refused = builder.endVector()
  }
  builder.startObject(6)
  builder.addFieldInt32(5, fields.credit ?? 0, 0)
  builder.addFieldInt8(1, fields.status ?? 0, 0)
  builder.addFieldOffset(4, refused, 0)
  builder.addFieldInt32(0, fields.seq ?? 0, 0)
  builder.addFieldOffset(2, reason, 0)
  builder.addFieldInt32(3, fields.retryAfterMs ?? 0, 0)
  builder.finish(builder.endObject(), 'MRR1')
  return Buffer.from(builder.asUint8Array())
}

/** Sequence number and number of readings of a frame, or null if the frame is broken. */
export function frameHead(message: Buffer): { seq: number; readings: number } | null {
  const bb = new flatbuffers.ByteBuffer(new Uint8Array(message))
  if (message.length < 32 || message.toString('latin1', 4, 8) !== 'MRF1') return null
  const table = bb.readInt32(0)
  if (table !== 16 || bb.readInt32(16) !== 8) return null
  const vector = table + bb.__offset(table, 6)
  const readings = bb.__vector_len(vector)
  if (bb.__vector(vector) + readings * 32 !== message.length) return null
  if (Number.isNaN(message.readDoubleLE(bb.__vector(vector) + 16))) return null
  return { seq: bb.readUint32(table + bb.__offset(table, 4)), readings }
}

export interface Script {
  /** Called for each WebSocket message. */
  readonly onMessage: (message: Buffer, socket: WebSocket, binary: boolean) => void
  readonly onRequest?: (request: IncomingMessage, body: string, response: ServerResponse) => void
  /** Refuses upgrades with this HTTP status and body. */
  readonly refuseWith?: { readonly status: number; readonly body: string }
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly sockets: ReadonlySet<WebSocket>
  readonly closeCodes: readonly number[]
  readonly upgrades: readonly IncomingMessage[]
}

/** A server on loopback that does what the script says; made of the `ws` package, not of the code under test. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const http = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => script.onRequest?.(request, body, response))
  })
  const ws = new WebSocketServer({ noServer: true, handleProtocols: () => 'millrace.v1' })
  const closeCodes: number[] = []
  const upgrades: IncomingMessage[] = []
  http.on('upgrade', (request, socket, head) => {
    upgrades.push(request)
    if (script.refuseWith) {
      const { status, body } = script.refuseWith
      socket.end(
        `HTTP/1.1 ${status} No\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      )
      return
    }
    ws.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data: Buffer, binary: boolean) => script.onMessage(data, client, binary))
      client.on('close', (code: number) => closeCodes.push(code))
      ws.emit('connection', client, request)
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    sockets: ws.clients,
    closeCodes,
    upgrades,
    async [Symbol.asyncDispose]() {
      for (const client of ws.clients) client.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}
