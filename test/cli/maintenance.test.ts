import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maintenanceCommand } from '../../src/cli/maintenance.ts'
import { runMillrace } from '../../src/cli/run.ts'
import { fakeEngine } from '../engine/api/fake-engine.ts'

const engine = fakeEngine()
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const { status, body } = engine.call(request.method ?? '', request.url ?? '', Buffer.concat(chunks))
    response.writeHead(status).end(body)
  })
})
let url = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const name of ['pump-1', 'pump-2']) engine.registry.register(name, { tenant: 'acme' })
})
afterAll(() => server.close())

async function millrace(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const terminal = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line) }
  const command = maintenanceCommand({ terminal: terminal as never })
  const code = await runMillrace(['maintenance', ...args, '--url', url], [command], terminal as never)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const FIRMWARE = [
  'add',
  'firmware',
  '--starts',
  '2026-01-01T02:00',
  '--time-zone',
  'Europe/Berlin',
  '--duration',
  '1h',
]

describe('millrace maintenance', () => {
  it('plans, shows, begins, reports and calls off', async () => {
    const added = await millrace(
      ...[...FIRMWARE, '--kind', 'firmware-update', '--capacity', '25%', '--resource', 'crane'],
      ...['--devices', 'tenant=acme, device=pump-*', '--wave', '1', '--abort', '60%', '--retries', '0'],
    )
    expect(added).toMatchObject({ code: 0, err: '' })
    expect(added.out).toBe(
      'firmware (firmware-update): SCHEDULED 2026-01-01T01:00:00.000Z to 2026-01-01T02:00:00.000Z: SCHEDULED, 1 units set apart',
    )
    expect(engine.view.maintenance.get('firmware').spec).toMatchObject({
      ...{ devices: ['tenant=acme', 'device=pump-*'], rollout: { wave: { devices: 1 }, growth: 1 } },
      ...{
        abort: { share: 0.6, minExecuted: 1 },
        retry: { limit: 0 },
        holdAlerts: true,
        resources: ['crane'],
      },
    })
    expect((await millrace('list')).out).toBe(added.out)
    expect((await millrace('start', 'firmware')).out).toContain('IN_PROGRESS')
    await millrace(
      'report',
      'firmware',
      '--status',
      'in_progress',
      '--progress',
      '40',
      '--message',
      'half way',
    )
    expect((await millrace('show', 'firmware')).out).toContain(
      '  pump-1: IN_PROGRESS, wave 1, 40 %: half way',
    )
    await millrace('report', 'firmware', '--status', 'SUCCEEDED', '--device', 'pump-1')
    expect((await millrace('cancel', 'firmware', '--reason', 'storm')).out).toBe(
      'firmware (firmware-update): CANCELED (storm), 1 units set apart',
    )
    const shown = JSON.parse((await millrace('show', 'firmware', '--json')).out) as object
    expect(shown).toMatchObject({
      past: [{ executions: { SUCCEEDED: 1, CANCELED: 1 } }],
      executions: [{}, {}],
    })
    expect((await millrace('show', 'firmware')).out).toContain('CANCELED: 1 SUCCEEDED, 1 CANCELED')
  })

  it('says why a plan does not fit and when it would, and exits with 1', async () => {
    await millrace('add', 'first', '--starts', '2026-01-02', '--duration', '1h', '--resource', 'crane')
    const refused = await millrace(
      'add',
      'second',
      '--starts',
      '2026-01-02',
      '--duration',
      '1h',
      '--resource',
      'crane',
    )
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('first uses crane then; would fit: 2026-01-02T01:00:00.000Z')
  })

  it('says what is wrong', async () => {
    expect((await millrace('show', 'nothing')).err).toContain(
      'answered 404: there is no maintenance "nothing"',
    )
    expect((await millrace('add', 'x', '--starts', 'soon', '--duration', '1h')).err).toContain(
      'starts: "soon"',
    )
    expect((await millrace('report', 'x', '--status', 'done')).err).toContain('allowed: SUCCEEDED')
  })
})
