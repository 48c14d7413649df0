import { MillraceError } from '../../core/errors.ts'
import type { PipelineDefinition } from '../definition/definition.ts'
import type { StageOptions } from './draft.ts'
import { pipeline, type PipelineOptions } from './pipeline.ts'
import type { Stage, Stream } from './stage.ts'
import type { AlertOptions } from './stage-types.ts'

/** A stage of whatever: what one member hands to the next is what that says it takes. */
type AnyStage = Stage<never, unknown>
type Step = (stage: AnyStage) => AnyStage
type Member = (this: void, ...args: never) => unknown
type MemberContext = ClassMethodDecoratorContext

/** What members do, by their functions; a class finds those of its prototype. */
const steps = new WeakMap<Member, Step>()

function note(member: Member, { name, static: isStatic }: MemberContext, step: Step): void {
  if (isStatic || typeof name === 'symbol')
    throw new MillraceError(
      'pipeline-failed',
      `@stage ${String(name)}: allowed: methods with a name, not static`,
    )
  steps.set(member, step)
}

/** A member that is given the stage before it and returns the one to go on with. */
function stageMember(member: (this: void, stage: never) => Stream, context: MemberContext): void {
  note(member, context, member as unknown as Step)
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Members of a class as stages, in the order in which they stand there. They are called without `this`. A plain `@stage`
 * takes and returns stages; the others are the function of the stage they name.
 *
 * @example
 * @stage.pipeline('cold-chain', { metrics: ['temperature'] })
 * export default class {
 *   @stage.filter plausible(r: Reading) { return r.value > -60 }
 *   @stage.derive fahrenheit(r: Reading) { return r.value * 1.8 + 32 }
 *   @stage perDevice(s: Stage<Reading>) { return s.window(tumbling('1m'), { by: 'device', aggregate: { t: mean() } }) }
 * }
 */
export const stage = Object.assign(stageMember, {
  /** The class is a pipeline: of all its members with @stage. */
  pipeline:
    (name: string, options: PipelineOptions = {}) =>
    (type: abstract new () => object, _context: ClassDecoratorContext): void => {
      Object.defineProperty(type, 'definition', { get: () => definitionOfClass(type, name, options) })
    },
  filter<Item>(this: void, member: (this: void, item: Item) => boolean, context: MemberContext): void {
    note(member, context, (before) => before.filter(member as never))
  },
  /** The field has the member's name. */
  derive<Item>(this: void, member: (this: void, item: Item) => unknown, context: MemberContext): void {
    note(member, context, (before) => before.derive(String(context.name), member) as AnyStage)
  },
  map<Item>(this: void, member: (this: void, item: Item) => unknown, context: MemberContext): void {
    note(member, context, (before) => before.map(member) as unknown as AnyStage)
  },
  flatMap<Item>(
    this: void,
    member: (this: void, item: Item) => Iterable<unknown>,
    context: MemberContext,
  ): void {
    note(member as Member, context, (before) => before.flatMap(member as never) as unknown as AnyStage)
  },
  /** The member says when; the stage goes on with the same items. */
  alert:
    <Item = Fields>(rule: string, options: Omit<AlertOptions<Item>, 'when'> & StageOptions = {}) =>
    (member: (this: void, item: Item) => boolean, context: MemberContext): void => {
      note(member, context, (before) => before.alert(rule, { ...options, when: member }))
    },
})

function definitionOfClass(
  type: abstract new () => object,
  name: string,
  options: PipelineOptions,
): PipelineDefinition {
  const prototype = type.prototype as object
  let last = pipeline(name, options) as unknown as AnyStage
  for (const member of Object.getOwnPropertyNames(prototype)) {
    const value: unknown = Object.getOwnPropertyDescriptor(prototype, member)?.value
    const step = typeof value === 'function' ? steps.get(value as Member) : undefined
    if (step !== undefined) last = step(last)
  }
  return last.definition
}
