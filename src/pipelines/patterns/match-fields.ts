import type { TakenItem } from './partials.ts'
import type { PatternPlan } from './pattern-plan.ts'

/** Items by their address. */
export type Look = (item: number) => unknown

type Fields = Record<string, unknown>

/** What a partial match is to conditions: by name an item, or a list of them. */
export class MatchFields {
  readonly look: Look
  readonly #plan: PatternPlan

  constructor(plan: PatternPlan, look: Look) {
    this.#plan = plan
    this.look = look
  }

  /** So far, for a condition called `own`, which finds a list of its own step's items under its name. */
  soFar(taken: readonly TakenItem[], own: string): Fields {
    const fields: Fields = { [own]: [] }
    for (const { any, isList } of this.#plan.steps) if (isList) for (const { name } of any) fields[name] = []
    this.#fill(fields, taken, own)
    return fields
  }

  #fill(fields: Fields, taken: readonly TakenItem[], own: string): void {
    for (const { item, step, which } of taken) {
      const { any, isList } = this.#plan.steps[step]
      const { name } = any[which]
      if (isList || name === own) (fields[name] as unknown[]).push(this.look(item))
      else fields[name] = this.look(item)
    }
  }
}
