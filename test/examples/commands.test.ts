import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inline, wordsOf } from '../cli/inline.ts'
import { Served } from '../engine/served.ts'
import { ROOT, type Outcome } from './run.ts'

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((page) => `docs/${page}`)]
const OPEN_FILES = 1000
const READINGS = Array.from({ length: 600 }, (_, second) =>
  JSON.stringify({ device: 'truck-1', metric: 'temperature', value: 5, time: 1.7e12 + 1000 * second }),
).join('\n')

/** Commands of `millrace` that the documentation's shell samples name, without what is said about them. */
function commandsOf(page: string): { page: string; command: string }[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)]
    .flatMap(([, block]) => block.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/^npx /, '').replace(/\s+# .*$/, ''))
    .filter((line) => line.startsWith('millrace '))
    .map((command) => ({ page, command }))
}

/** The configuration that the samples of a page mean by a file's name. */
function sampleConfig(page: string, name: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return new RegExp(`^\`\`\`yaml\\n(# ${name}\\n[^]*?)^\`\`\`$`, 'm').exec(text)![1]
}

/** The program that the samples of a page mean by a file's name. */
function sampleProgram(page: string, name: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return new RegExp(`^\`\`\`js\\n(// ${name}\\n[^]*?)^\`\`\`$`, 'm').exec(text)![1]
}

/** A data directory as a server leaves it. */
async function keepSomething(dataDir: string): Promise<void> {
  const engine = await createEngine({ durability: 'journal', dataDir, limits: { series: 10_000 } })
  await engine.ingest([{ device: 'pump-7', metric: 'value', value: 21 }])
  await engine.close()
}

const commands = PAGES.filter((page) => page.endsWith('.md')).flatMap(commandsOf)
const ofKind = (...kinds: string[]) => commands.filter(({ command }) => kinds.includes(command.split(' ')[1]))

describe('commands in the documentation', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-commands-'))
  let served: Served
  beforeAll(async () => {
    await keepSomething(join(folder, 'kept'))
    writeFileSync(join(folder, 'millrace.yaml'), sampleConfig('docs/operations.md', 'millrace.yaml'))
    writeFileSync(join(folder, 'durable.yaml'), sampleConfig('README.md', 'durable.yaml'))
    writeFileSync(join(folder, 'with-pipelines.yaml'), sampleConfig('README.md', 'with-pipelines.yaml'))
    writeFileSync(join(folder, 'cold-chain.js'), sampleProgram('README.md', 'cold-chain.js'))
    writeFileSync(join(folder, 'yard.yaml'), sampleConfig('docs/rules.md', 'yard.yaml'))
    writeFileSync(join(folder, 'evening.yaml'), sampleConfig('docs/simulation.md', 'evening.yaml'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'readings.ndjson'), READINGS)
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(ROOT, join(folder, 'node_modules', 'millrace'))
    served = await Served.start(OPEN_FILES, {
      limits: { series: 200_000, devices: 200_000 },
      pool: { min: 1, max: 2 },
      maintenance: { hooks: [{ name: 'flash', callback: {} }] },
    })
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    expect(await served.stop()).toBe(0)
  })

  /** As a shell would, with `millrace` for what was built. */
  const shell = (command: string): Promise<Outcome> => {
    const script = `millrace() { "${process.execPath}" "${ROOT}lib/cli.js" "$@"; }; ${command}`
    return new Promise((resolve) => {
      execFile('bash', ['-c', script], { cwd: folder, timeout: 110_000 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
      )
    })
  }

  /** In this process where it takes no shell: a program for each would take most of the time. */
  const said = (command: string): Promise<Outcome> => {
    const words = wordsOf(command)
    return words === undefined ? shell(command) : inline(words.slice(1), folder)
  }

  it('are there', () => {
    expect(ofKind('serve').length).toBeGreaterThan(1)
    expect(ofKind('load').length).toBeGreaterThan(3)
    expect(ofKind('config').length).toBe(3)
    expect(ofKind('token').length).toBeGreaterThanOrEqual(2)
    expect(ofKind('journal', 'checkpoint').length).toBeGreaterThan(4)
    const kinds = [
      'serve',
      'load',
      'config',
      'token',
      'journal',
      'checkpoint',
      'pipelines',
      'run',
      'rules',
      'simulate',
      'maintenance',
    ]
    expect(ofKind('pipelines', 'run').length).toBeGreaterThan(1)
    expect(ofKind(...kinds).length).toBe(commands.length)
  })

  it.each(ofKind('config', 'token'))('work as they stand: $command ($page)', async ({ command }) => {
    expect(await said(command)).toMatchObject({ code: 0, err: '' })
  })

  // what goes through readings writes to the process's own output
  it.each(ofKind('pipelines', 'run', 'rules'))(
    'are about pipelines: $command ($page)',
    async ({ command }) => {
      const { code, out } = await (/ run | test /.test(command) ? shell(command) : said(command))
      expect(code).toBe(0)
      expect(out).not.toBe('')
    },
  )

  it.each(ofKind('simulate'))('play scenarios: $command ($page)', async ({ command }) => {
    const { code, out, err } = await said(command)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    if (command.includes('--seeds 10')) expect(out).toContain('10 of 10 seeds held')
  })

  it.each(ofKind('journal', 'checkpoint'))('look at what is kept: $command ($page)', async ({ command }) => {
    const here = command.replace(/--data-dir \S+/, '--data-dir kept')
    const { code, out, err } = await said(here)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    if (!here.includes(' export ')) expect(out).not.toBe('')
  })

  it.each(ofKind('load'))('put load on a server: $command ($page)', async ({ command }) => {
    // the server of the test, not for as long, and fewer devices to register
    const short = command
      .replace(/\b\d+s\b/, '300ms')
      .replace(/--devices \d+/, '--devices 1000')
      .replace(/ --url \S+/, '')
    const lasting = short.includes('--duration') ? short : `${short} --duration 300ms`
    const { code, out } = await said(`${lasting} --url ws://127.0.0.1:${served.port}`)
    expect(code).toBe(0)
    expect(out).toMatch(command.includes('--json') ? /"readingsPerSecond": [1-9]/ : /^sent +[1-9]/)
  })

  it.each(ofKind('maintenance'))('plan maintenance: $command ($page)', async ({ command }) => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    const here = command
      .replace(/http:\S+/, `http://127.0.0.1:${served.port}`)
      .replace(/\d{4}-\d\d-\d\d/, tomorrow)
    const { code, out, err } = await said(here)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('pumps-4.2')
  })

  it.each(ofKind('serve'))('start a server: $command ($page)', async ({ command }) => {
    // what it would listen with is checked, listening itself elsewhere
    const { code, err } = await said(command.replace('serve', 'config --check').replace(' --json', ''))
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })
})
