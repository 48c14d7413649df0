import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { frame, someReadings } from '../frames.ts'
import { connect, startServer, type Kind, type Running } from '../server-fixture.ts'
import { TEST_TLS } from './tls-fixture.ts'

const httpsStatus = (port: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false }
    https.get(options, (response) => resolve(response.resume().statusCode)).on('error', reject)
  })

const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('millrace-tls-'))

describe.each<Kind>(['uWebSockets.js', 'ws'])('TLS on %s', (kind) => {
  let running: Running | undefined
  afterEach(async () => {
    await running?.close()
    running = undefined
  })

  it('serves streams and HTTP with PEM text, and leaves no key behind', async () => {
    const before = leftovers()
    running = await startServer(kind, { tls: TEST_TLS })
    expect(leftovers()).toEqual(before)
    const client = await connect(running)
    client.send(frame(1, someReadings(1)))
    expect(await client.reply()).toMatchObject({ seq: 1, status: 'accepted' })
    expect(await httpsStatus(running.endpoint.port)).toBe(200)
    client.ws.terminate()
  })

  it('takes file names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
    const tls = { key: join(folder, 'k.pem'), cert: join(folder, 'c.pem') }
    writeFileSync(tls.key, TEST_TLS.key)
    writeFileSync(tls.cert, TEST_TLS.cert)
    running = await startServer(kind, { tls })
    expect(await httpsStatus(running.endpoint.port)).toBe(200)
    rmSync(folder, { recursive: true })
  })

  it('says what is wrong with a file or a pair', async () => {
    const missing = { key: '/nowhere/key.pem', cert: TEST_TLS.cert }
    await expect(startServer(kind, { tls: missing })).rejects.toMatchObject({
      code: 'bad-config',
      message: 'cannot read the TLS file /nowhere/key.pem',
    })
    const wrong = { key: TEST_TLS.cert, cert: TEST_TLS.cert }
    await expect(startServer(kind, { tls: wrong })).rejects.toMatchObject({
      code: 'bad-config',
      message: 'the TLS key and certificate are not a valid pair',
    })
  })
})
