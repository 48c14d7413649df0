/** What a rule's alert is about, and what it was last told by. */
export interface RuleSubject {
  /** The series as two words, or with metric 0 the device: see `seriesWords`. */
  readonly low: number
  readonly high: number
  readonly time: number
  readonly value: number
  readonly region: number
  readonly tier: number
}

const TWO_16 = 0x1_0000

/** The series key (device id << 16 | metric id) as a table has it. */
export const lowOf = (device: number, metric: number): number => ((device % TWO_16) * TWO_16 + metric) >>> 0
export const highOf = (device: number): number => Math.floor(device / TWO_16)

export const deviceOf = ({ low, high }: Pick<RuleSubject, 'low' | 'high'>): number =>
  high * TWO_16 + (low >>> 16)
export const metricOf = ({ low }: Pick<RuleSubject, 'low'>): number => low & 0xffff

/** The same device, whatever the metric. */
export const ofDevice = (subject: RuleSubject): RuleSubject => ({
  ...subject,
  low: (subject.low & 0xffff0000) >>> 0,
})
