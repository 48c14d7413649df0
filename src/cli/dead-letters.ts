import { Command, InvalidArgumentError } from 'commander'
import { MillraceError } from '../core/errors.ts'
import type { ReplayReport } from '../observability/dead-letter-replay.ts'
import type { DeadLetter } from '../observability/dead-letters.ts'
import { askEngine, type EngineOptions, withEngine } from './ask-engine.ts'
import type { Terminal } from './terminal.ts'

interface Options extends EngineOptions {
  readonly pipeline?: string
  readonly node?: string
  readonly limit: number
  readonly id?: number[]
}

interface Page {
  readonly seen: number
  readonly entries: readonly DeadLetter[]
  readonly next: number | null
}

/** The API answers with no more at once. */
const PAGE = 1000
const PATH = '/v1/dead-letters'

/** `millrace dead-letters`: looks at what a running engine has given up, and puts it back in. */
export function deadLettersCommand({ terminal }: { readonly terminal: Terminal }): Command {
  return new Command('dead-letters')
    .description('show what a running engine has given up, and put it back in')
    .addCommand(
      withFilter(new Command('list').description('the latest first'))
        .option('--limit <count>', 'how many at most', countOf, PAGE)
        .action((options: Options) => list(options, terminal)),
    )
    .addCommand(
      withFilter(new Command('replay').description('put them back in; exit with 1 if some were not taken'))
        .option('--id <id>', 'only this one; may be said many times', addId)
        .action((options: Options) => replay(options, terminal)),
    )
}

const withFilter = (command: Command): Command =>
  withEngine(command)
    .option('--pipeline <name>', 'only of this pipeline')
    .option('--node <id>', "only of this node; '' = whole readings")

async function list(options: Options, terminal: Terminal): Promise<void> {
  const entries: DeadLetter[] = []
  let after: number | null = 0
  let seen = 0
  while (after !== null && entries.length < options.limit) {
    const page: Page = await askEngine(
      options,
      `${PATH}?${queryOf(options, after, options.limit - entries.length)}`,
    )
    entries.push(...page.entries)
    seen = page.seen
    after = page.next
  }
  if (options.json) return terminal.out(JSON.stringify({ seen, entries }, null, 2))
  for (const letter of entries) terminal.out(lineOf(letter))
}

async function replay(options: Options, terminal: Terminal): Promise<void> {
  const { pipeline, node, id: ids } = options
  const body = JSON.stringify({ pipeline, node, ids })
  const report: ReplayReport = await askEngine(options, `${PATH}/replay`, { method: 'POST', body })
  const { replayed, failed, left } = report
  if (options.json) terminal.out(JSON.stringify(report, null, 2))
  else {
    for (const { id, reason } of failed) terminal.err(`millrace: ${id}: ${reason}`)
    terminal.out(`${replayed} put back in${left > 0 ? `, ${left} left for another time` : ''}`)
  }
  if (failed.length > 0) throw new MillraceError('conflict', `${failed.length} were not taken and are kept`)
}

function queryOf({ pipeline, node }: Options, after: number, limit: number): string {
  const filter = { ...(pipeline === undefined ? {} : { pipeline }), ...(node === undefined ? {} : { node }) }
  return new URLSearchParams({
    ...filter,
    after: String(after),
    limit: String(Math.min(limit, PAGE)),
  }).toString()
}

function lineOf(letter: DeadLetter): string {
  const what = 'reading' in letter ? letter.reading : letter.item
  const where = letter.node === '' ? letter.pipeline : `${letter.pipeline}/${letter.node}`
  return `${letter.id} ${new Date(letter.at).toISOString()} ${where}: ${letter.cause} ${JSON.stringify(what)}`
}

function countOf(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('not a whole number above 0.')
}

const addId = (text: string, before: number[] = []): number[] => [...before, countOf(text)]
