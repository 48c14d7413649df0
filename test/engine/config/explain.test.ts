import { describe, expect, it } from 'vitest'
import { explain, explainedValues, size } from '../../../src/engine/config/explain.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../../src/engine/config/schema.ts'

const plan = [
  { name: 'series', bytes: 96 * 1024 * 1024 },
  { name: 'blocks', bytes: 128 * 1024 * 1024 },
]

const explained = (input: ConfigInput): string => {
  const { config, origins } = parseConfig(input, { flags: { port: 0 } })
  return explain(config, origins, plan)
}

describe('explain', () => {
  it('shows every value with where it came from', () => {
    const text = explained({ limits: { series: 5000 } })
    expect(text).toMatch(/^ {2}limits\.series +5000 +option$/m)
    expect(text).toMatch(/^ {2}limits\.devices +1000000 +default$/m)
    expect(text).toMatch(/^ {2}port +0 +flag$/m)
    expect(text).toMatch(/^ {2}regions\[5]\.name +europe +default$/m)
  })

  it('shows the fixed limits and the memory that follows', () => {
    const text = explained({})
    expect(text).toMatch(/^ {2}blockBytes +16,384 /m)
    expect(text).toMatch(/^ {2}blocks +134,217,728 +128\.0 MiB$/m)
    expect(text).toMatch(/^ {2}total +234,881,024 +224\.0 MiB$/m)
  })

  it('shows the room on disk that follows, where something is kept there', () => {
    const journal = { segmentBytes: 1 << 20, retainBytes: 5 << 20 }
    const kept = {
      durability: 'journal',
      dataDir: '/data',
      journal,
      checkpoint: { everyMs: 10_000 },
    } as const
    const text = explained({ ...kept, limits: { series: 1 << 20 } })
    expect(text).toContain('Room on disk that follows, in /data')
    expect(text).toMatch(/^ {2}journal, at work +3\.0 MiB /m)
    expect(text).toMatch(/^ {2}journal, retained +5\.0 MiB /m)
    expect(text).toMatch(/^ {2}journal, needed +91\.6 MiB +for each 100 k readings\/s/m)
    expect(text).toMatch(/^ {2}checkpoints +384\.0 MiB /m)
    expect(text).toMatch(/^ {2}to be free +4\.0 MiB /m)
    expect(explained({})).not.toContain('Room on disk')
  })

  it('has a line for every option', () => {
    const { config, origins } = parseConfig({})
    const paths = explainedValues(config, origins).map(({ path }) => path)
    expect(new Set(paths)).toEqual(new Set(origins.keys()))
    for (const key of Object.keys(config)) expect(paths.some((path) => path.startsWith(key))).toBe(true)
  })

  it('does not print a private key', () => {
    const text = explained({
      tls: { key: '-----BEGIN PRIVATE KEY-----\nhunter2', cert: '-----BEGIN CERTIFICATE-----' },
    })
    expect(text).not.toContain('hunter2')
    expect(text).toMatch(/tls\.key +\(PEM text\) +option/)
  })

  it('cuts long lists short and says so', () => {
    const devices = Array.from({ length: 1020 }, (_, i) => ({ name: `pump-${i}` }))
    const text = explained({ devices })
    expect(text).toContain('devices[19].name')
    expect(text).not.toContain('devices[20].name')
    expect(text).toMatch(/devices\[…] +1,000 more/)
  })

  it('writes sizes for people', () => {
    expect([0, 1023, 1536, 4 * 2 ** 30].map(size)).toEqual(['0 B', '1023 B', '1.5 KiB', '4.0 GiB'])
  })
})
