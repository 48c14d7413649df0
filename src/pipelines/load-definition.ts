import { MillraceError } from '../core/errors.ts'
import { checkDefinition } from './compiler/check.ts'
import type { SinkCheck } from './compiler/sink-check.ts'
import type { PipelineDefinition } from './definition/definition.ts'

/**
 * The pipeline that a module exports as its default: a definition, or a stage of the builder, which stands for its whole
 * pipeline. Throws pipeline-failed with everything that is wrong.
 */
export async function loadDefinition(url: string, sinks?: SinkCheck): Promise<PipelineDefinition> {
  const definition = definitionOf((await importModule(url)).default)
  if (definition === undefined)
    throw new MillraceError(
      'pipeline-failed',
      `${url}: its default export is no pipeline; allowed: what pipeline(…) and its stages return`,
      { url },
    )
  checkDefinition(definition, sinks)
  return definition
}

/** Undefined for anything else. */
export function definitionOf(value: unknown): PipelineDefinition | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('millrace' in value && value.millrace === 'pipeline') return value as PipelineDefinition
  return 'definition' in value && value.definition !== value ? definitionOf(value.definition) : undefined
}

async function importModule(url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('pipeline-failed', `${url} cannot be loaded: ${reason}`, { url }, error)
  }
}
