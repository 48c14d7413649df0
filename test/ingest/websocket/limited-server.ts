/** Started by socket-limit.stress.test.ts in a process of its own: a server that prints its port and its PID. */
import { startServer, type Kind } from '../server-fixture.ts'

const running = await startServer(process.argv[2] as Kind, {
  server: { connections: 100_000 },
})
process.on('SIGTERM', () => void running.close().then(() => process.exit(0)))
console.log(JSON.stringify({ port: running.endpoint.port, pid: process.pid }))
