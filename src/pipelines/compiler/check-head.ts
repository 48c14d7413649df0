import type { PipelineDefinition } from '../definition/definition.ts'
import {
  duration,
  fields,
  isObject,
  longDuration,
  oneOf,
  optional,
  rule,
  text,
  texts,
  whole,
} from './check-values.ts'
import type { Fault } from './fault.ts'

const MIN_STATE_BYTES = 65_536

const object = rule(isObject, 'an object')

/** Everything but the stages. */
export function checkHead(definition: PipelineDefinition): readonly Fault[] {
  const faults = fields(definition, '', {
    ...{ name: text, version: whole(1), metrics: optional(texts), state: object, time: object },
  })
  const { state, time } = definition
  const stateFaults = isObject(state)
    ? fields(state, 'state', {
        bytes: whole(MIN_STATE_BYTES),
        whenFull: oneOf('evict-oldest', 'refuse-new'),
        onChange: oneOf('fresh', 'migrate', 'refuse'),
      })
    : []
  const timeFaults = isObject(time)
    ? fields(time, 'time', { latenessMs: duration, idleMs: longDuration })
    : []
  return [...faults, ...stateFaults, ...timeFaults]
}
