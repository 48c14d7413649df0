import { MAX_FAULTS } from '../scan/chunk-reading.ts'
import type {
  DerivedReading,
  Lookup,
  Origin,
  Outlet,
  PipelineAlert,
  PipelineDeadLetter,
} from '../../pipelines/definition/outside.ts'
import type { Outcome, ResultLine } from './messages.ts'

/** Makes lines of what leaves a pipeline. */
export class ResultLines implements Outlet {
  readonly #lookup: Lookup
  /** Topic or id by node whose items are asked for. */
  readonly #topics: ReadonlyMap<string, string>
  #lines: ResultLine[] = []
  #alerts = 0
  #derived = 0
  #deadLetters = 0
  #letters: string[] = []

  constructor(lookup: Lookup, topics: ReadonlyMap<string, string>) {
    this.#lookup = lookup
    this.#topics = topics
  }

  /** Lines are taken when the work asked for is done. */
  flush(): void {}

  item(node: string, item: unknown, origin: Origin): void {
    const topic = this.#topics.get(node)
    if (topic !== undefined)
      this.#lines.push({ time: origin.time, key: keyOf(origin), text: itemLine(topic, item, origin) })
  }

  alert({ rule, key, clear, pending, severity, message, value, origin }: PipelineAlert): void {
    if (pending) return
    this.#alerts++
    const state = clear ? 'cleared' : 'raised'
    this.#say(origin.time, key, { alert: rule, state, key, time: origin.time, severity, message, value })
  }

  reading({ device, metric, time, value }: DerivedReading): void {
    this.#derived++
    const name = typeof device === 'string' ? device : (this.#lookup.device(device)?.name ?? device)
    this.#say(time, String(name), { series: metric, device: name, time, value })
  }

  deadLetter({ node, cause, item, origin }: PipelineDeadLetter): void {
    if (this.#deadLetters++ < MAX_FAULTS)
      this.#letters.push(`${node}: ${cause}: ${textOf(item)} at ${origin.time}`)
  }

  /** What has been said since the last time. */
  take(): Outcome {
    const outcome = {
      lines: this.#lines,
      alerts: this.#alerts,
      derived: this.#derived,
      deadLetters: this.#deadLetters,
      letters: this.#letters,
    }
    this.#lines = []
    this.#letters = []
    this.#alerts = this.#derived = this.#deadLetters = 0
    return outcome
  }

  #say(time: number, key: string, line: object): void {
    this.#lines.push({ time, key, text: textOf(line) })
  }
}

/** An object's own fields, with a time if they have none. */
function fieldsOf(item: unknown, { time }: Origin): object {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return { time, value: item }
  return 'time' in item || 'end' in item ? item : { time, ...item }
}

/** The group, or for want of one the device. */
const keyOf = ({ group, device }: Origin): string => group?.label ?? String(device)

/** The topic is put before the item's text: a copy of the item with one more field costs more than the text. */
function itemLine(topic: string, item: unknown, origin: Origin): string {
  const fields = fieldsOf(item, origin)
  if ('topic' in fields || 'toJSON' in fields) return textOf({ topic, ...fields })
  const text = textOf(fields)
  return `{"topic":${JSON.stringify(topic)}${text === '{}' ? '' : ','}${text.slice(1)}`
}

/** `JSON.stringify` is several times slower with a function for values, which only big integers need. */
function textOf(item: unknown): string {
  try {
    return JSON.stringify(item) ?? 'null'
  } catch {
    return JSON.stringify(item, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  }
}
