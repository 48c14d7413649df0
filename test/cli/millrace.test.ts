import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { inline } from './inline.ts'
import { millrace } from './spawned.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('millrace', () => {
  it('says its version and its commands', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(await millrace('--version')).toMatchObject({ code: 0, out: `${version}\n`, err: '' })
    const help = await millrace('--help')
    expect(help.code).toBe(0)
    expect(help.out).toMatch(/serve[^]*load[^]*config[^]*token/)
  })

  it('exits with 2 and a line on stderr for what it does not understand', async () => {
    expect(await millrace('serf')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^millrace: unknown command 'serf'.*\n$/) as string,
    })
    expect(await millrace('config', '--prot', '3')).toMatchObject({
      code: 2,
      err: expect.stringContaining("unknown option '--prot'") as string,
    })
    expect((await millrace()).code).toBe(2)
  })

  it('puts errors as JSON when asked to', async () => {
    const { code, err } = await millrace(
      'config',
      '--json',
      '--config',
      file('bad.yaml', 'limits:\n  series: -5\n'),
    )
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('bad.yaml:2:3: limits.series: -5 is not allowed') as string,
      problems: [{ path: 'limits.series' }],
    })
  })
})

/** Without a process of its own: how these begin and end is seen above. */
const config = (...args: string[]) => inline(['config', ...args])
const token = (...args: string[]) => inline(['token', ...args])

describe('millrace config', () => {
  it('explains the effective configuration', async () => {
    const path = file('good.yaml', 'port: 1\nlimits: { series: 5000 }\n')
    const { code, out } = await config('--explain', '--config', path, '--port', '77')
    expect(code).toBe(0)
    expect(out).toMatch(/^ {2}port +77 +flag$/m)
    expect(out).toMatch(/^ {2}limits\.series +5000 +.*good\.yaml:2$/m)
    expect(out).toContain('Shared memory that follows')
  })

  it('prints the JSON Schema', async () => {
    const { out } = await config('--schema')
    expect(JSON.parse(out)).toMatchObject({ type: 'object', properties: { limits: { type: 'object' } } })
  })

  it('checks what listening would refuse too', async () => {
    const path = file('open.yaml', 'host: 0.0.0.0\n')
    expect(await config('--check', '--config', path)).toMatchObject({
      code: 2,
      err: expect.stringContaining('refused to listen') as string,
    })
    const insecure = await config('--check', '--config', path, '--insecure')
    expect(insecure).toMatchObject({
      code: 0,
      out: `${path} is valid\n`,
      err: expect.stringContaining('warning: INSECURE') as string,
    })
  })
})

describe('millrace token', () => {
  it('makes a token whose entry the configuration takes', async () => {
    const { code, out } = await token(
      '--name',
      'fleet: "north"',
      '--scope',
      'all',
      '--expires',
      '2127-01-01T00:00:00Z',
    )
    expect(code).toBe(0)
    const [, shown] = /shown this once: (mr_[\w-]{43})\n/.exec(out) ?? []
    expect(shown).toBeDefined()
    const entry = out.split('\n')[2]
    const path = file('with-token.yaml', `auth:\n  tokens:\n  ${entry}\n`)
    expect(await config('--check', '--config', path)).toMatchObject({ code: 0, err: '' })
  })

  it('makes another each time, and JSON', async () => {
    const [a, b] = (await Promise.all([token('--json'), token('--json')])).map(
      ({ out }) => JSON.parse(out) as { token: string; entry: { sha256: string } },
    )
    expect(a.token).not.toBe(b.token)
    expect(a.entry.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('refuses a scope there is not, naming the option', async () => {
    expect(await token('--scope', 'root')).toMatchObject({
      code: 2,
      err: 'millrace: --scope: "root" is not allowed; give device, api or all\n',
    })
  })
})
