import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../src/engine/config/parse.ts'

const job = (over: object = {}) => ({ name: 'a', starts: '2027-01-31T02:30', duration: '1h', ...over })
const parse = (maintenance: object) => parseConfig({ maintenance })

describe('maintenance in the configuration', () => {
  it('comes out complete, and as it went in when it is complete', () => {
    const { config } = parse({
      jobs: [
        job({ capacity: '20%', hook: 'go', abort: { failed: '10%' } }),
        job({ name: 'b', dependsOn: ['a'] }),
      ],
      hooks: [{ name: 'go', webhook: { url: 'https://x.example/', secret: { file: '/run/key' } } }],
    })
    expect(config.maintenance.jobs[0]).toMatchObject({ capacity: '20%', lead: 300_000, retry: { limit: 3 } })
    expect(parseConfig(config).config).toEqual(config)
  })

  it.each([
    [{ jobs: [job(), job()] }, 'maintenance.jobs[1].name: "a" is there already'],
    [{ jobs: [job({ hook: 'go' })] }, 'maintenance.jobs[0].hook: no hook is called "go"; there are none'],
    [
      { jobs: [job({ hook: 'go' })], hooks: [{ name: 'gone', callback: {} }] },
      'no hook is called "go"; give one of gone',
    ],
    [{ jobs: [job({ dependsOn: ['b'] }), job({ name: 'b' })] }, 'no job before this one is called "b"'],
    [{ jobs: [job({ starts: 'soon' })] }, 'maintenance.jobs[0]: starts: "soon" is not allowed'],
    [{ jobs: [job({ rrule: 'daily' })] }, 'maintenance.jobs[0]: rrule: "daily" is not allowed'],
    [{ hooks: [{ name: 'x' }] }, 'a hook with one of webhook, command and callback'],
    [
      { hooks: [{ name: 'x', webhook: { url: 'ftp://x' } }] },
      'a value not shown here is not allowed; give an http',
    ],
    [
      {
        hooks: [
          { name: 'x', callback: {} },
          { name: 'x', callback: {} },
        ],
      },
      'maintenance.hooks[1].name: "x" is there',
    ],
  ])('refuses %j and says what is allowed', (wrong, words) => {
    expect(() => parse(wrong)).toThrow(words)
  })
})
