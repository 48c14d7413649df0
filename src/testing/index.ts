/** `millrace/testing`: unit tests of pipelines. */
import { MillraceError } from '../core/errors.ts'
import { definitionIn } from '../pipelines/builder/pipeline.ts'
import { openStream } from '../history/run/pipeline-stream.ts'
import { PipelineTest, type TestOptions } from './pipeline-test.ts'

export type { TestAlert, TestDeadLetter } from './outcomes.ts'
export type { DeviceEntries, PipelineTest, TestOptions, TestReading } from './pipeline-test.ts'

/**
 * A pipeline on virtual time, in this thread, run by the same code as in the engine. `pipeline` is what a pipeline module
 * exports. Throws `pipeline-failed` with all that is wrong with it.
 *
 * @example
 * const t = testPipeline(coldChain)
 * t.send({ device: 'truck-1', metric: 'temperature', value: 9, at: '0s' })
 * t.advance('10m')
 * expect(t.alerts).toMatchObject([{ rule: 'too-warm', key: 'truck-1', clear: false }])
 */
export function testPipeline(pipeline: unknown, options: TestOptions = {}): PipelineTest {
  const definition = definitionIn(pipeline)
  if (definition !== undefined) return new PipelineTest(definition, options, openStream)
  throw new MillraceError('pipeline-failed', 'testPipeline: a pipeline is what pipeline(…) makes')
}
