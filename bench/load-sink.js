// @ts-check
// A process that plays a server for the load generator: does the WebSocket handshake, then reads and discards. On
// request (an IPC message) it tells how many bytes came behind the handshakes.
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'

let received = 0

/** @param {string} head */
function answerTo(head) {
  const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

const server = createServer((socket) => {
  socket.once('data', (piece) => {
    const end = piece.indexOf('\r\n\r\n') + 4
    received += piece.length - end
    socket.write(answerTo(piece.toString('latin1', 0, end)))
    socket.on('data', (more) => (received += more.length))
  })
  socket.on('end', () => socket.end()).on('error', () => undefined)
})

server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: /** @type {{port: number}} */ (server.address()).port }),
)
process.on('message', () => process.send?.({ received }))
process.on('disconnect', () => process.exit())
