import { createHash } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { ERROR_CODES, MillraceError, type ErrorCode } from '../core/errors.ts'

/** From an address to an upgraded socket; every failure is a MillraceError that says who and why. */
const HANDSHAKE_MS = 10_000
const MAX_RESPONSE_BYTES = 64 * 1024
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A connected socket, with TLS for wss. */
export function connected(url: URL, clock: Clock): Promise<Socket> {
  const secure = url.protocol === 'wss:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (secure ? 443 : 80))
  return new Promise((resolve, reject) => {
    const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port })
    const fail = (why: string) => {
      socket.destroy()
      reject(new MillraceError('not-ready', `cannot connect to ${url.host}: ${why}`, { url: url.href }))
    }
    const cancel = clock.after(HANDSHAKE_MS, () => fail(`no answer within ${HANDSHAKE_MS} ms`))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.message || error.code || 'failed'))
    socket.once('close', cancel)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      cancel()
      socket.removeAllListeners('error').setNoDelay(true)
      resolve(socket)
    })
  })
}

export function upgradeRequest(url: URL, token: string, key: string): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: millrace.v1',
    ...(token === '' ? [] : [`Authorization: Bearer ${token}`]),
  ]
  return lines.join('\r\n') + '\r\n\r\n'
}

/** Waits for the answer to the upgrade; resolves with the bytes that came behind it. */
export function upgraded(socket: Socket, url: URL, key: string, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const settle = (error: MillraceError | null) => {
      cancel()
      socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close')
      if (error) socket.destroy()
      if (error) reject(error)
    }
    const cancel = clock.after(HANDSHAKE_MS, () => settle(refusal(url, 'no answer to the upgrade')))
    const ended = () => settle(answerError(received, url) ?? refusal(url, 'closed before an answer'))
    socket.on('error', ended).on('close', ended)
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0 && received.length > MAX_RESPONSE_BYTES) settle(refusal(url, 'endless answer'))
      if (end < 0 || !isWholeAnswer(received, end)) return
      const error = answerError(received, url) ?? acceptError(received.toString('latin1', 0, end), key, url)
      settle(error)
      if (!error) resolve(received.subarray(end + 4))
    })
  })
}

const refusal = (url: URL, why: string): MillraceError =>
  new MillraceError('not-ready', `${url.host} did not become a WebSocket: ${why}`, { url: url.href })

const statusOf = (answer: Buffer): number =>
  Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.toString('latin1', 0, 16))?.[1])

/** A refusal has a body worth waiting for. */
function isWholeAnswer(answer: Buffer, headEnd: number): boolean {
  if (statusOf(answer) === 101) return true
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(answer.toString('latin1', 0, headEnd))?.[1] ?? 0)
  return answer.length >= headEnd + 4 + Math.min(length, MAX_RESPONSE_BYTES)
}

/** The error that a refused upgrade stands for, or null if it is not refused. */
function answerError(answer: Buffer, url: URL): MillraceError | null {
  const status = statusOf(answer)
  if (status === 101 || answer.length === 0) return null
  const body = answer.toString('utf8', answer.indexOf('\r\n\r\n') + 4)
  const said = /"code":"([a-z-]+)"/.exec(body)?.[1]
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]
  const code = codes.find((one) => one === said) ?? codes.find((one) => ERROR_CODES[one].status === status)
  const why = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? `HTTP status ${status}`
  return new MillraceError(code ?? 'not-ready', `${url.host} refused the connection: ${why}`, { status })
}

function acceptError(head: string, key: string, url: URL): MillraceError | null {
  const expected = createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64')
  const accept = /\r\nsec-websocket-accept: *(\S+)/i.exec(head)?.[1]
  return accept === expected ? null : refusal(url, 'wrong Sec-WebSocket-Accept')
}
