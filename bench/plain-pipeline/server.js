// @ts-check
/**
 * The plain pipeline behind a WebSocket server, as a process of its own. The server is uWebSockets.js where it loads,
 * as for the engine, so that the comparison is of pipelines and not of servers. First argument: a JSON file with the
 * regions. It prints `{"port":…}`, and one line of figures for each SIGUSR2.
 */
import { readFileSync } from 'node:fs'
import { PlainPipeline } from './pipeline.js'
import { regionFinder } from './regions.js'

const regions = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const pipeline = new PlainPipeline({ regionOf: regionFinder(regions) })
let alerts = 0
pipeline.on('alert', () => alerts++)

const decoder = new TextDecoder()
/** @param {object} line */
const say = (line) => void process.stdout.write(JSON.stringify(line) + '\n')

process.on('SIGUSR2', () => {
  const { processed, malformed, anomalies, series } = pipeline
  const { user, system } = process.cpuUsage()
  const figures = { processed, malformed, anomalies, alerts, series: series.size }
  say({ ...figures, cpuSeconds: (user + system) / 1e6, seconds: performance.now() / 1000 })
})

try {
  const { default: uws } = await import('uWebSockets.js')
  uws
    .App()
    .ws('/*', {
      maxPayloadLength: 1 << 20,
      message: (_socket, message) => pipeline.message(decoder.decode(message)),
    })
    .listen('127.0.0.1', 0, (socket) => say({ port: uws.us_socket_local_port(socket) }))
} catch {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1 << 20 })
  server.on('connection', (socket) => socket.on('message', (message) => pipeline.message(String(message))))
  server.on('listening', () => say({ port: /** @type {{ port: number }} */ (server.address()).port }))
}
