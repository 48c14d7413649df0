import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { explain } from '../../../src/engine/config/explain.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import { RouteTree } from '../../../src/notifications/route-tree.ts'

const hook = {
  name: 'hook',
  webhook: { url: 'https://hooks.example/services/T0KEN', secret: 'sixteen letters!!' },
}

const fault = (notifications: object): string => {
  try {
    parseConfig({ notifications })
    return 'nothing'
  } catch (error) {
    return (error as Error).message
  }
}

describe('notifications in the configuration', () => {
  it('take the example of the page, which routes as it says', () => {
    const page = readFileSync(new URL('../../../docs/notifications.md', import.meta.url), 'utf8')
    const [, yaml] = /```yaml\n([^]*?)```/.exec(page) ?? []
    const { notifications } = parseConfig(parse(yaml ?? ''), { folder: '/etc/millrace' }).config
    const tree = new RouteTree(notifications)
    const told = (labels: Record<string, string>): unknown[] =>
      tree.match(labels).map(({ receiver }) => receiver)
    expect(told({ severity: 'low' })).toEqual(['mail'])
    expect(told({ severity: 'critical', device: 'pump-7' })).toEqual(['pager'])
    expect(told({ severity: 'critical', device: 'my-pump-7', tenant: 'acme' })).toEqual(['acme'])
    expect(told({ severity: 'critical', device: 'pump-7', tenant: 'acme' })).toEqual(['pager', 'acme'])
    const [, pager] = tree.routes
    expect(pager).toMatchObject({ groupWait: 0, groupInterval: 300_000, repeatInterval: 14_400_000 })
    expect(notifications.receivers[1].email?.password).toEqual({ file: '/etc/millrace/smtp-password' })
  })

  it('come out complete, and go in again as they came out', () => {
    const { config } = parseConfig({ notifications: { routes: [{ receiver: 'hook' }], receivers: [hook] } })
    expect(parseConfig(config).config).toEqual(config)
  })

  it.each([
    [{ receiver: 'nobody' }, 'notifications.receiver: no receiver is called "nobody"; there are none'],
    [
      { routes: [{ routes: [{ receiver: 'x' }] }], receivers: [hook] },
      'notifications.routes[0].routes[0].receiver: no receiver is called "x"; give one of hook',
    ],
    [{ receivers: [hook, hook] }, 'notifications.receivers[1].name: "hook" is there already'],
    [{ receivers: [{ name: 'x' }] }, 'exactly one of alertmanager, webhook, email and callback'],
    [
      { routes: [{ matchers: ['severity'] }] },
      'notifications.routes[0].matchers[0]: "severity" is not allowed',
    ],
    [{ routes: [{ routes: [{ groupWiat: 1 }] }] }, 'did you mean groupWait?'],
    [
      { groupWait: 'soon' },
      'notifications.groupWait: "soon" is not allowed; give milliseconds, or a duration',
    ],
    [{ groupInterval: 0 }, 'notifications.groupInterval: 0 is not allowed'],
    [
      { receivers: [{ name: 'x', webhook: { url: 'http://169.254.169.254/' } }] },
      'notifications.receivers[0].webhook.url: a value not shown here is not allowed',
    ],
    [
      { receivers: [{ name: 'x', webhook: { url: 'https://x.example', secret: 'short' } }] },
      'notifications.receivers[0].webhook.secret: a value not shown here is not allowed',
    ],
  ])('say what is wrong: %j', (given, words) => {
    expect(fault(given)).toContain(words)
  })

  it('show no secret', () => {
    const email = { host: 'smtp.example', user: 'u', password: 'hunter2', from: 'a@b', to: ['c@d'] }
    const bearer = { env: 'TOKEN' }
    const receivers = [
      { ...hook, webhook: { ...hook.webhook, bearer: 'b34r3r', headers: { 'x-api-key': 'k3y' } } },
      { name: 'mail', email },
      { name: 'am', alertmanager: { urls: ['http://am:9093'], bearer } },
    ]
    const { config, origins } = parseConfig({ notifications: { receivers } })
    const text = explain(config, origins, [{ name: 'all', bytes: 1 }])
    for (const secret of ['sixteen', 'T0KEN', 'b34r3r', 'k3y', 'hunter2']) expect(text).not.toContain(secret)
    expect(text).toContain('TOKEN')
    expect(text).toMatch(/notifications\.receivers\[1\]\.email\.password +\(not shown\)/)
  })
})
