import { Command } from 'commander'
import { MillraceError } from '../core/errors.ts'
import type { PipelineDefinition } from '../pipelines/definition/definition.ts'
import type { SinkCheck } from '../pipelines/compiler/sink-check.ts'
import { planOf } from '../pipelines/compiler/plan.ts'
import { planText } from '../pipelines/compiler/plan-text.ts'
import { loadDefinition } from '../pipelines/load-definition.ts'
import { pipelineUrl } from './pipeline-url.ts'
import type { Terminal } from './terminal.ts'

/** What the command is built from. */
export interface PipelinesParts {
  readonly terminal: Terminal
  /** Says what is wrong with a sink. */
  readonly sinks?: SinkCheck
}

interface Options {
  readonly json?: boolean
}

/** `millrace pipelines`: looks at pipeline modules without running them (their own code is loaded). */
export function pipelinesCommand({ terminal, sinks }: PipelinesParts): Command {
  const check = async (files: readonly string[], { json }: Options): Promise<void> => {
    const checked = await Promise.all(files.map((file) => checkedFile(file, sinks)))
    const wrong = checked.filter(({ error }) => error !== undefined)
    if (wrong.length > 0) throw allWrong(wrong)
    const good = checked.map(({ file, definition }) => ({
      file,
      name: definition?.name,
      stages: definition?.nodes.length,
    }))
    if (json) terminal.out(JSON.stringify(good))
    else
      for (const { file, name, stages } of good) terminal.out(`${file}: ${name} is good (${stages} stages)`)
  }
  const plan = async (file: string, { json }: Options): Promise<void> => {
    const { definition, error } = await checkedFile(file, sinks)
    if (definition === undefined) throw allWrong([{ file, definition, error }])
    const planned = planOf(definition)
    terminal.out(json ? JSON.stringify(planned, null, 2) : planText(planned))
  }
  return new Command('pipelines')
    .description('look at pipelines without running them')
    .addCommand(
      new Command('check')
        .description('exit with 1 if anything is wrong, and say all of it')
        .argument('<files...>', 'modules whose default export is a pipeline, or files of rules')
        .option('--json', 'answer in JSON')
        .action(check),
    )
    .addCommand(
      new Command('plan')
        .description('which stage runs where, by what key, with what state')
        .argument('<file>', 'a module whose default export is a pipeline, or a file of rules')
        .option('--json', 'answer in JSON')
        .action(plan),
    )
}

interface Checked {
  readonly file: string
  readonly definition: PipelineDefinition | undefined
  readonly error: MillraceError | undefined
}

async function checkedFile(file: string, sinks: SinkCheck | undefined): Promise<Checked> {
  try {
    const definition = await loadDefinition(await pipelineUrl(file), sinks)
    return { file, definition, error: undefined }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const known =
      error instanceof MillraceError ? error : new MillraceError('pipeline-failed', reason, {}, error)
    return { file, definition: undefined, error: known }
  }
}

function allWrong(wrong: readonly Checked[]): MillraceError {
  const problems = wrong.map(({ file, error }) => ({
    ...{ file, message: error?.message, problems: error?.context.problems },
  }))
  const text = problems.map(({ file, message }) => `${file}: ${message}`).join('\n')
  return new MillraceError('pipeline-failed', text, { problems })
}
