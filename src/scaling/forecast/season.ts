/**
 * Where a step lies in the day and in the week. A step is a number that counts up by one per step of a resolution; the
 * slots are indexes into season tables. A week slot may be longer than a step (minutes share the slot of their hour).
 */
export interface Season {
  /** Slots of the day table; a day has as many steps. */
  readonly daySlots: number
  readonly weekSlots: number
  /** Steps that share a week slot. */
  readonly stepsPerWeekSlot: number
  daySlot(step: number): number
  weekSlot(step: number): number
}

/** Seasons of plain step numbers, without a time zone: `perDay` steps a day, seven days a week. */
export function evenSeason(perDay: number): Season {
  const weekSlots = perDay * 7
  return {
    ...{ daySlots: perDay, weekSlots, stepsPerWeekSlot: 1 },
    daySlot: (step) => step % perDay,
    weekSlot: (step) => step % weekSlots,
  }
}
