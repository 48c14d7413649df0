/** What pipelines say, and what they should say: the same definition over the same readings, in one thread. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Engine } from '../../src/engine/engine.ts'
import { loadDefinition } from '../../src/pipelines/load-definition.ts'
import { type DeviceEntries, type TestReading, testPipeline } from '../../src/testing/index.ts'

type Item = Readonly<Record<string, unknown>>

/** Items by topic, without those that came again. */
export class Heard {
  readonly #topics = new Map<string, Map<string, Item>>()
  /** Items that came again. */
  repeats = 0

  /** `earlier`: of the engines that this one follows, as far as they have come by now. */
  constructor(engine: Engine, earlier: readonly Heard[] = []) {
    for (const [topic, items] of earlier.flatMap((heard) => [...heard.#topics]))
      this.#topics.set(topic, new Map([...(this.#topics.get(topic) ?? []), ...items]))
    engine.on('emit', ({ topic, data, id }) => {
      const items = this.#topics.get(topic) ?? new Map<string, Item>()
      if (items.has(id)) this.repeats++
      else items.set(id, data as Item)
      this.#topics.set(topic, items)
    })
  }

  items(topic: string): readonly Item[] {
    return [...(this.#topics.get(topic)?.values() ?? [])]
  }

  count(topic: string): number {
    return this.#topics.get(topic)?.size ?? 0
  }
}

/** In one order, whichever shard was first. */
export const inOrder = (items: readonly unknown[]): string[] =>
  items.map((item) => JSON.stringify(item)).sort()

/** What the pipeline of the module says about the readings when they come in this order, until all windows are closed. */
export async function expected(
  url: URL | string,
  readings: readonly TestReading[],
  devices: DeviceEntries,
): Promise<(topic: string) => readonly Item[]> {
  const test = testPipeline(await loadDefinition(String(url)))
  test.registry(devices).send(readings).finish()
  return (topic) => test.results<Item>(topic)
}

/**
 * URL of a copy of a pipeline under fixtures/ with these options: a module of its own each time, which does not go by its
 * query and finds the program wherever it lies.
 */
export function copyOf(folder: string, name: string, options: Record<string, string | number> = {}): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(options)) query.set(key, String(value))
  const text = readFileSync(new URL(`./fixtures/${name}.js`, import.meta.url), 'utf8')
    .replace('new URL(import.meta.url).searchParams', `new URLSearchParams('${String(query)}')`)
    .replace("'millrace'", `'${PROGRAM}'`)
  const path = join(folder, `${name}-${copies++}.js`)
  writeFileSync(path, text)
  return pathToFileURL(path).href
}

let copies = 0
export const PROGRAM = new URL('../../lib/index.js', import.meta.url).href
export const urlOf = (path: string): string => pathToFileURL(path).href
