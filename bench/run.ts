/**
 * Runs the benches named on the command line, or all: `npm run bench -- route-kernel [--small]`. Prints a table and
 * writes reports/latest.json.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import type { Bench, BenchResult } from './bench.ts'

const FOLDER = new URL('./', import.meta.url)
const SUFFIX = '.bench.ts'

async function available(): Promise<string[]> {
  const files = await readdir(FOLDER)
  return files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length))
}

function isBench(module: object): module is Bench<unknown> {
  return 'sizes' in module && 'run' in module
}

async function runBench(name: string, small: boolean): Promise<BenchResult | undefined> {
  const module = (await import(new URL(name + SUFFIX, FOLDER).href)) as object
  if (!isBench(module)) {
    console.log(`${name}: exports no sizes and run; skipped`)
    return undefined
  }
  const result = await module.run(small ? module.sizes.small : module.sizes.full)
  print(name, result)
  return result
}

function print(name: string, result: BenchResult): void {
  console.log(`\n${name} (${result.machine})`)
  console.table(
    result.cases.map(({ name, value, unit, comparison, check }) => ({
      ...{ case: name, value: figure(value), unit },
      'compared with': comparison.name,
      'its value': figure(comparison.value),
      ratio: `${comparison.ratio.toFixed(2)} ×`,
      check,
    })),
  )
}

/** The bench called `word`, else those whose names begin with it. */
const matching = (names: readonly string[], word: string): readonly string[] =>
  names.includes(word) ? [word] : names.filter((name) => name.startsWith(`${word}-`))

const figure = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 })

async function main(words: readonly string[]): Promise<void> {
  const small = words.includes('--small')
  const asked = words.filter((word) => !word.startsWith('--'))
  const names = await available()
  const unknown = asked.find((name) => matching(names, name).length === 0)
  if (unknown !== undefined) {
    console.error(`no bench is called "${unknown}"; there are ${names.join(', ')}`)
    process.exitCode = 2
    return
  }
  const results: Record<string, BenchResult> = {}
  for (const name of asked.length > 0 ? asked.flatMap((word) => matching(names, word)) : names) {
    const result = await runBench(name, small)
    if (result !== undefined) results[name] = result
  }
  await mkdir(new URL('reports/', FOLDER), { recursive: true })
  await writeFile(new URL('reports/latest.json', FOLDER), `${JSON.stringify(results, undefined, 2)}\n`)
}

await main(process.argv.slice(2))
