import { describe, expect, it } from 'vitest'
import { notificationOf } from '../../src/notifications/notification.ts'
import { EmailSender } from '../../src/notifications/receivers/email.ts'
import { receiverOptions } from '../../src/notifications/receivers/options.ts'
import { SinkDown, SinkRefusal } from '../../src/sinks/sink.ts'
import { alertOf, resolvedOf } from './alerts.ts'
import { mailServer, PASSWORD, USER } from './mail-server.ts'

const NOTHING = {
  reason: 'news' as const,
  groupKey: '{}:{}',
  groupLabels: { region: 'eu' },
  groups: 1,
  omitted: 0,
}
const notification = notificationOf({
  ...{ ...NOTHING, receiver: 'mail', maxAlerts: 2, mark: '' },
  firing: [alertOf('pump-7', { message: 'line\r\nX-Injected: yes' }), alertOf('b', { severity: 'low' })],
  resolved: [resolvedOf(alertOf('c'))],
})

function senderTo(port: number, over: object = {}) {
  const address = { host: '127.0.0.1', port, from: 'millrace@example.org', to: ['on-call@example.org'] }
  const { email } = receiverOptions.parse({ name: 'mail', email: { ...address, tls: 'none', ...over } })
  if (email === undefined) throw new Error('no options')
  const ports = { env: (name: string) => (name === 'SMTP' ? PASSWORD : undefined), readText: readNothing }
  const sender = new EmailSender(email, 'https://millrace.example', ports)
  return { send: () => sender.send(notification, new AbortController().signal) }
}

const readNothing = (path: string): Promise<string> => Promise.reject(new Error(`no ${path}`))
const login = { user: USER, password: { env: 'SMTP' } }

describe('EmailSender', () => {
  it('sends one mail with what has happened, and nothing that a device could slip into its head', async () => {
    const { port, mails } = await mailServer()
    await senderTo(port, {
      ...login,
      subjectPrefix: 'plant 4: ',
      to: ['a@example.org', 'b@example.org'],
    }).send()
    const [{ from, to, text }] = mails
    expect([from, to]).toEqual(['millrace@example.org', ['a@example.org', 'b@example.org']])
    expect(text).toMatch(/^Subject: plant 4: \[FIRING:2\] eu\r$/m)
    expect(text).toContain(`Message-ID: <${notification.id}@millrace>`)
    expect(text).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(text).not.toMatch(/^X-Injected/m)
    expect(text).toContain('RESOLVED high hot c/temperature')
    expect(text).toContain('1 more are not listed here.')
  })

  it.each([
    [550, SinkRefusal],
    [451, SinkDown],
  ])('takes %s for what it is', async (code, kind) => {
    const { port, mails } = await mailServer([code])
    const { send } = senderTo(port, login)
    await expect(send()).rejects.toBeInstanceOf(kind)
    await send()
    expect(mails).toHaveLength(1)
  })

  it('is down, not refused, while the log-in fails, the secret is not there or TLS is not to be had', async () => {
    const { port, mails } = await mailServer()
    for (const over of [
      { user: USER, password: 'wrong' },
      { user: USER, password: { env: 'NOT_SET' } },
      { user: USER, password: { file: 'not-there' } },
      { ...login, tls: 'starttls' },
    ])
      await expect(senderTo(port, over).send()).rejects.toBeInstanceOf(SinkDown)
    expect(mails).toEqual([])
  })
})
