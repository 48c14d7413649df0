import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { pipelinesCommand } from '../../src/cli/pipelines.ts'
import { runMillrace } from '../../src/cli/run.ts'
import { loadConfigFile } from '../../src/engine/config/file.ts'
import { loadRules } from '../../src/engine/config/rules-file.ts'
import { parseYamlCalendar } from '../../src/scaling/forecast/yaml-calendar.ts'
import { reportOf } from '../../src/simulation/result/report.ts'
import { simulate } from '../../src/simulation/run/simulation.ts'
import { loadScenario } from '../../src/simulation/scenario/scenario-file.ts'
import { ROOT, runNode } from './run.ts'

/**
 * The samples in the documentation, written side by side, under the name in their first line if they have one.
 * Programs are run, configurations are read.
 */
interface Sample {
  readonly page: string
  readonly language: string
  readonly name: string
  readonly text: string
}

const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((page) => `docs/${page}`)]
const BLOCK = /^```(js|yaml)\n([^]*?)^```$/gm

function samplesOf(page: string): Sample[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(BLOCK)].map(([, language, block], index) => {
    const [, name] = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(block) ?? []
    return { page, language, name: name ?? `${page.replaceAll('/', '-')}-${index}.${language}`, text: block }
  })
}

const samples = PAGES.filter((page) => page.endsWith('.md')).flatMap(samplesOf)

// inside the project, so that its own name leads to what was built
mkdirSync(join(ROOT, 'build'), { recursive: true })
const folder = mkdtempSync(join(ROOT, 'build', 'samples-'))
const pathOf = ({ name }: Sample) => join(folder, name)
for (const sample of samples) writeFileSync(pathOf(sample), sample.text)
afterAll(() => rmSync(folder, { recursive: true }))

describe('samples in the documentation', () => {
  const programs = samples.filter(({ text }) => text.includes('createEngine('))
  const pipelines = samples.filter(({ text }) =>
    /^export default .*pipeline\(|^const \w+ = pipeline\(/m.test(text),
  )
  const ofYaml = samples.filter(({ language, text }) => language === 'yaml' && !/^- /m.test(text))
  const rules = ofYaml.filter(({ page }) => page === 'docs/rules.md')
  const scenarios = ofYaml.filter(({ page }) => page === 'docs/simulation.md')
  const calendars = ofYaml.filter(({ page }) => page === 'docs/forecast.md')
  const manifests = ofYaml.filter(({ text }) => text.startsWith('apiVersion:'))
  const others = [...rules, ...scenarios, ...calendars, ...manifests]
  const configurations = ofYaml.filter((sample) => !others.includes(sample))

  it('are there', () => {
    expect(programs.length).toBeGreaterThan(1)
    expect(configurations.length).toBeGreaterThan(2)
    expect(pipelines.length).toBeGreaterThan(1)
  })

  it.each(programs)('run: $page $name', async (sample) => {
    const { code, out, err } = await runNode(pathOf(sample))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('raised')
  })

  it.each(pipelines)('are good pipelines: $page $name', async (sample) => {
    const said: string[] = []
    const say = (line: string): void => void said.push(line)
    const terminal = { out: say, err: say, stopRequested: async () => 'SIGINT' }
    const code = await runMillrace(
      ['pipelines', 'check', pathOf(sample)],
      [pipelinesCommand({ terminal })],
      terminal,
    )
    expect({ code, said }).toEqual({ code: 0, said: [expect.stringContaining('is good')] })
  })

  it.each(configurations)('are valid: $page $name', (sample) => {
    expect(() => loadConfigFile(pathOf(sample), {})).not.toThrow()
  })

  it.each(scenarios)('turn out as they say: $page $name', async (sample) => {
    expect(reportOf(await simulate(loadScenario(pathOf(sample))))).toMatchObject({ held: true })
  })

  it.each(calendars)('are good calendars: $page $name', ({ text, name }) => {
    expect(parseYamlCalendar(text, name).length).toBeGreaterThan(0)
  })

  it.each(manifests)('are manifests: $page $name', ({ text }) => {
    for (const manifest of parseAllDocuments(text))
      expect(manifest.toJS()).toMatchObject({ kind: expect.any(String) as string, metadata: {} })
  })

  it.each(rules)('are good rules: $page $name', (sample) => {
    expect(loadRules(pathOf(sample)).rules.length).toBeGreaterThan(0)
  })
})
