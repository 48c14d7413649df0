import type { PipelineDefinition } from '../definition/definition.ts'
import { BLOCK_ROWS } from '../definition/reading-block.ts'
import {
  duration,
  fields,
  isObject,
  longDuration,
  oneOf,
  optional,
  type Rule,
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
  return [...faults, ...stateFaults, ...timeFaults, ...velocityFaults(definition)]
}

const positive = rule(
  (value) => typeof value === 'number' && value > 0 && value < Infinity,
  'a number above 0',
)
const notMore = (than: unknown): Rule =>
  rule(
    (value) => typeof value === 'number' && value > 0 && !(value > (than as number)),
    'a number above 0 that is not more than fast',
  )
const paces = rule(
  (value) => isObject(value) && Object.values(value).every((pace) => pace === 'fast' || pace === 'slow'),
  'fast or slow by name',
)

function velocityFaults({ velocity }: PipelineDefinition): readonly Fault[] {
  if (velocity === undefined) return []
  if (!isObject(velocity)) return object(velocity, 'velocity')
  const { fast, batch } = velocity
  const faults = fields(velocity, 'velocity', {
    ...{ fast: positive, slow: notMore(fast), metrics: paces, devices: paces, batch: object },
  })
  if (!isObject(batch)) return faults
  return [
    ...faults,
    ...fields(batch, 'velocity.batch', { readings: whole(1, BLOCK_ROWS), delayMs: longDuration }),
  ]
}
