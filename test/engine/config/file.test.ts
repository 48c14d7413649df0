import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfigFile } from '../../../src/engine/config/file.ts'
import { badConfigOf } from './bad-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(text: string, name = 'millrace.yaml'): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const problemIn = (text: string): string => {
  const path = file(text)
  return badConfigOf(() => loadConfigFile(path)).replaceAll(path, 'FILE')
}

describe('loadConfigFile', () => {
  it('reads YAML, and JSON with its tabs', () => {
    expect(loadConfigFile(file('limits:\n  series: 5000\n')).config.limits.series).toBe(5000)
    const json = file('{\n\t"limits": {\n\t\t"series": 6000\n\t}\n}', 'millrace.json')
    expect(loadConfigFile(json).config.limits.series).toBe(6000)
  })

  it('takes an empty file for the defaults', () => {
    expect(loadConfigFile(file('# nothing yet\n')).config.port).toBe(9000)
  })

  it('lets paths start from the folder of the file', () => {
    const { config } = loadConfigFile(
      file('pipeline: ./mine.js\ntls: { key: key.pem, cert: certs/cert.pem }\n'),
    )
    expect(config.pipeline).toBe(pathToFileURL(join(folder, 'mine.js')).href)
    expect(config.tls).toEqual({ key: join(folder, 'key.pem'), cert: join(folder, 'certs', 'cert.pem') })
  })

  it('lets flags win, and says where every value came from', () => {
    const path = file(
      'port: 1234\nhost: 127.0.0.2\nmetrics:\n  heat: { threshold: 4 }\nrules:\n  - match: "*"\n',
    )
    const { config, origins } = loadConfigFile(path, { port: 0 })
    expect(config).toMatchObject({ port: 0, host: '127.0.0.2' })
    expect(origins.get('port')).toBe('flag')
    expect(origins.get('host')).toBe(`${path}:2`)
    expect(origins.get('metrics.heat.threshold')).toBe(`${path}:4`)
    expect(origins.get('metrics.heat.direction')).toBe('anomalies.direction')
    expect(origins.get('metrics.heat.unit')).toBe('default')
    expect(origins.get('rules[0].match')).toBe(`${path}:6`)
    expect(origins.get('rules[0].tier')).toBe('tiers.default')
    expect(origins.get('limits.series')).toBe('default')
  })

  it('follows anchors to where the value stands', () => {
    const text =
      'rules:\n  - { match: a, attributes: &shared { floor: 1 } }\n  - { match: b, attributes: *shared }\n'
    const path = file(text)
    const { config, origins } = loadConfigFile(path)
    expect(config.rules[1].attributes).toEqual({ floor: 1 })
    expect(origins.get('rules[1].attributes.floor')).toBe(`${path}:2`)
  })

  it.each([
    ['a value', 'port: 1\nlimits:\n  series: -5\n', 'FILE:3:3: limits.series: -5 is not allowed'],
    [
      'an unknown key',
      'rules:\n  - match: a\n    teir: bulk\n',
      'FILE:3:5: rules[0].teir: unknown key ("bulk"); did you mean tier?',
    ],
    [
      'a missing key, where its entry stands',
      'rules:\n  - tier: bulk\n',
      'FILE:2:5: rules[0].match: missing',
    ],
    ['a contradiction', 'listeners: 2\nport: 0\n', 'FILE:2:1: port: 0 is not allowed with 2 listeners'],
    ['a key given twice', 'port: 1\nport: 2\n', 'FILE:2:1: '],
    ['broken YAML', 'port: [1\n', 'FILE:2:1: '],
    ['an alias of nothing', 'port: *none\n', 'FILE:1:7: no anchor is called none'],
    ['an unknown tag', 'port: !secret 1\n', 'FILE:1:7: Unresolved tag: !secret'],
    ['a second document', 'port: 1\n---\nport: 2\n', 'FILE:2:1: a second document begins here'],
    ['a list', '- port\n', 'FILE:1:1: a list is not allowed'],
    ['nesting without end', '['.repeat(100_000), 'nested too deeply'],
  ])('says file, line and column of %s', (_, text, message) => {
    expect(problemIn(text)).toContain(message)
  })

  it('refuses aliases that multiply', () => {
    const lines = ['a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]']
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      )
    expect(problemIn(lines.join('\n'))).toContain('aliases that expand without measure')
  })

  it('says which file cannot be read', () => {
    expect(badConfigOf(() => loadConfigFile(join(folder, 'none.yaml')))).toContain(
      'cannot read the configuration',
    )
  })
})

describe('auth.tokensFile', () => {
  const hash = (digit: string): string => digit.repeat(64)

  it('adds its tokens to those of the configuration, each with its origin', () => {
    file(
      `- { sha256: ${hash('b')}, name: second, scope: api }\n- { sha256: ${hash('c')}, name: third }\n`,
      'tokens.yaml',
    )
    const path = file(`auth:\n  tokens: [{ sha256: ${hash('a')}, name: first }]\n  tokensFile: tokens.yaml\n`)
    const { config, origins } = loadConfigFile(path)
    expect(config.auth.tokens.map(({ name, scope }) => [name, scope])).toEqual([
      ['first', 'device'],
      ['second', 'api'],
      ['third', 'device'],
    ])
    expect(origins.get('auth.tokens[0].name')).toBe(`${path}:2`)
    expect(origins.get('auth.tokens[1].name')).toBe('tokens.yaml:1')
    expect(origins.get('auth.tokens[2].name')).toBe('tokens.yaml:2')
    expect(origins.get('auth.tokens[2].scope')).toBe('default')
  })

  it('says where it is wrong, without the value', () => {
    file('- name: x\n  sha256: hunter2\n  expires: soon\n- hunter2\n', 'wrong.yaml')
    const message = problemIn('auth: { tokensFile: wrong.yaml }\n')
    expect(message).toContain(
      'wrong.yaml:2:3: [0].sha256: a value not shown here is not allowed; give 64 hexadecimal',
    )
    expect(message).toContain('wrong.yaml:3:3: [0].expires: "soon" is not allowed')
    expect(message).not.toContain('hunter2')
  })

  it('says that it cannot be read', () => {
    expect(problemIn('auth:\n  tokensFile: absent.yaml\n')).toContain(
      'FILE:2:3: auth.tokensFile: cannot read absent.yaml',
    )
  })

  it('refuses a token that both have', () => {
    file(`- { sha256: ${hash('a')}, name: again }\n`, 'again.yaml')
    const text = `auth: { tokens: [{ sha256: ${hash('a')}, name: first }], tokensFile: again.yaml }\n`
    expect(problemIn(text)).toContain('auth.tokens[1]: the same token as that of "first"')
  })
})
