/**
 * The files of rules that an engine runs (`alertRules`). Each is a pipeline; a file that changes is read again, and when it is
 * good its rules take the place of those before. Alerts of rules that are gone are resolved, for nothing would end them.
 */
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { FileTexts } from '../../enrichment/file-texts.ts'
import { rulesUrl } from '../../pipelines/rules/rules-url.ts'
import { type RuleSet, runningSets } from '../../pipelines/rules/rules-pipeline.ts'
import { parseRules } from '../config/rules-file.ts'

export interface RulesDeskParts {
  readonly files: FileTexts
  readonly clock: Clock
  /** Starts a pipeline, or puts it in the place of the one of its name; `file` is what it is called by. */
  readonly start: (url: string, file: string) => Promise<unknown>
  readonly remove: (pipeline: string) => Promise<void>
  /** Resolves what is open of a rule. */
  readonly endAlertsOf: (rule: string) => void
  readonly onWarning: (message: string) => void
}

/** A file counts as changed when it was the same in two looks, so that one that is being written is left alone. */
const LOOK_EVERY_MS = 1000

interface WatchedFile {
  readonly path: string
  rules: RuleSet
  /** Of the version in use, or of the one that was refused. */
  known: string
  seen: string
  problem: string
}

export class RulesDesk {
  readonly #parts: RulesDeskParts
  readonly #files: WatchedFile[] = []
  #looking: Promise<void> | undefined
  #stop: () => void = () => undefined

  constructor(parts: RulesDeskParts) {
    this.#parts = parts
  }

  /** Starts the rules of all files. Throws `bad-config` and `storage-failed`: an engine doesn't start without its rules. */
  async start(paths: readonly string[]): Promise<void> {
    const { files, clock } = this.#parts
    for (const path of paths) {
      const stamp = await files.stamp(path)
      const rules = this.#parsed(await files.text(path), path)
      for (const set of runningSets(rules)) await this.#parts.start(rulesUrl(set), path)
      this.#files.push({ path, rules, known: stamp, seen: stamp, problem: '' })
    }
    if (paths.length > 0) this.#stop = clock.every(LOOK_EVERY_MS, () => void this.look())
  }

  /** What the timer does; resolves when it is done. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#looking
  }

  async #lookAtAll(): Promise<void> {
    for (const file of this.#files) {
      try {
        await this.#lookAt(file)
      } catch (error) {
        this.#tell(file, error as Error)
      }
    }
  }

  async #lookAt(file: WatchedFile): Promise<void> {
    const { files } = this.#parts
    const stamp = await files.stamp(file.path)
    const isSettled = stamp === file.seen
    file.seen = stamp
    if (stamp === file.known) file.problem = ''
    if (stamp === file.known || !isSettled) return
    const text = await files.text(file.path)
    if ((await files.stamp(file.path)) !== stamp) return
    // a version that is refused is known as well, and not parsed again at each look
    file.known = stamp
    await this.#replace(file, this.#parsed(text, file.path))
    file.problem = ''
  }

  async #replace(file: WatchedFile, rules: RuleSet): Promise<void> {
    const before = file.rules
    const sets = runningSets(rules)
    for (const set of sets) await this.#parts.start(rulesUrl(set), file.path)
    for (const { name } of runningSets(before))
      if (sets.every((set) => set.name !== name)) await this.#parts.remove(name)
    file.rules = rules
    const told = new Set(rules.rules.filter(({ silent }) => !silent).map(({ name }) => name))
    for (const { name } of before.rules) if (!told.has(name)) this.#parts.endAlertsOf(name)
  }

  /** Throws `bad-config`, also where another file has a rule of the same name: their alerts would be taken for one. */
  #parsed(text: string, path: string): RuleSet {
    const parsed = parseRules(text, path)
    for (const { path: other, rules } of this.#files.filter((file) => file.path !== path)) {
      const both = parsed.rules.find(({ name }) => rules.rules.some((rule) => rule.name === name))
      if (both !== undefined) throw taken(path, `a rule ${JSON.stringify(both.name)}`, other)
      const name = namesOf(parsed).find((one) => namesOf(rules).includes(one))
      if (name !== undefined) throw taken(path, `the name ${JSON.stringify(name)}`, other)
    }
    return parsed
  }

  /** Looks go on after a failure (the file may come back), but each cause is told once. */
  #tell(file: WatchedFile, { message }: Error): void {
    if (message === file.problem) return
    file.problem = message
    this.#parts.onWarning(`the rules of ${file.path} stay as they were: ${message}`)
  }
}

/** Of the pipelines that it runs as. */
const namesOf = (rules: RuleSet): readonly string[] => runningSets(rules).map(({ name }) => name)

const taken = (path: string, what: string, other: string): MillraceError =>
  new MillraceError('bad-config', `${path}: ${other} has ${what} as well; give another`, { path, other })
