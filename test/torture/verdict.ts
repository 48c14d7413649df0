/** What a round's comparison came to. */
export interface Verdict {
  readings: number
  lost: number
  doubled: number
  /** Lost, and the server said that its journal is damaged. */
  damaged: number
  readonly problems: string[]
}

export const emptyVerdict = (): Verdict => ({ readings: 0, lost: 0, doubled: 0, damaged: 0, problems: [] })
