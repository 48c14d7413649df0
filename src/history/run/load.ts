import { MillraceError } from '../../core/errors.ts'
import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import { definitionIn } from '../../pipelines/builder/pipeline.ts'
import type { OpenStream } from './open-stream.ts'

/** The pipeline that a module exports as `default`: what the builder made, or the definition itself. */
export async function loadDefinition(url: string): Promise<PipelineDefinition> {
  let exports: { readonly default?: unknown }
  try {
    exports = (await import(url)) as { readonly default?: unknown }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('pipeline-failed', `${url} cannot be loaded: ${reason}`, { url }, error)
  }
  const definition = definitionIn(exports.default)
  if (definition !== undefined) return definition
  throw new MillraceError(
    'pipeline-failed',
    `${url}: its default export must be a pipeline, as pipeline(…) makes them`,
    { url },
  )
}

/** The module that opens pipelines: the engine's own, or one of a test. */
export async function loadRuntime(url: string): Promise<OpenStream> {
  const { openStream } = (await import(url)) as { readonly openStream: OpenStream }
  return openStream
}
