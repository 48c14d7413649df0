import { MillraceError } from '../core/errors.ts'
import { definitionIn } from './builder/pipeline.ts'
import { checkDefinition } from './compiler/check.ts'
import type { SinkCheck } from './compiler/sink-check.ts'
import type { PipelineDefinition } from './definition/definition.ts'
import { rulesAt } from './rules/rules-url.ts'

/**
 * The pipeline that a module exports as its default: a definition, a class with stages, or a stage of the builder, which
 * stands for its whole pipeline; or the one that a file of rules has become (`rulesUrl`). Throws pipeline-failed with everything that is wrong.
 */
export async function loadDefinition(url: string, sinks?: SinkCheck): Promise<PipelineDefinition> {
  const definition = rulesAt(url) ?? definitionIn((await importModule(url)).default)
  if (definition === undefined)
    throw new MillraceError(
      'pipeline-failed',
      `${url}: its default export must be a pipeline: a stage, a class with @stage.pipeline, or a definition`,
      { url },
    )
  checkDefinition(definition, sinks)
  return definition
}

async function importModule(url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('pipeline-failed', `${url} cannot be loaded: ${reason}`, { url }, error)
  }
}
