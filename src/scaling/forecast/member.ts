/**
 * The parameter sets that run side by side. Each is a double-seasonal exponential smoothing of log demand: level and
 * damped trend (Gardner & McKenzie 1985), a day and a week season (Taylor 2003) and a first-order autoregressive
 * correction of the last error (Taylor 2010). Gains are the share of an error that a part takes up each time it is seen;
 * the same sets serve every series, and which of them counts is learned (see ensemble.ts).
 *
 * The first set is the starter: it averages the first weeks evenly, and the others begin from its seasons.
 */
export interface Member {
  readonly level: number
  readonly trend: number
  readonly day: number
  readonly week: number
  /** Share of the last error that is expected to be left one step later. */
  readonly memory: number
  readonly seasons: 'both' | 'day' | 'none'
}

const member = (
  level: number,
  day: number,
  week: number,
  memory: number,
  seasons: Member['seasons'],
  trend = 0,
): Member => ({ level, trend, day, week, memory, seasons })

/** For steps of an hour (or half of one). The last two are seasonal naive and naive themselves. */
export const HOUR_MEMBERS: readonly Member[] = [
  member(0.02, 0.03, 0.1, 0, 'both'),
  member(0.1, 0.5, 0.2, 0, 'both'),
  member(0.02, 0, 0.2, 0, 'both'),
  member(0, 0, 0.5, 0, 'both'),
  member(0.1, 0.2, 0.1, 0.6, 'both', 0.1),
  member(0.3, 0.05, 0.1, 0.9, 'both'),
  member(0.02, 0.05, 0.05, 0.95, 'both'),
  member(0.1, 0.9, 0, 0, 'day'),
  member(0, 1, 0, 0, 'day'),
  member(1, 0, 0, 0, 'none'),
]

/** For steps of a minute: levels move less in one step, and what is left of an error stays for longer. */
export const MINUTE_MEMBERS: readonly Member[] = [
  member(0.0004, 0.05, 0.1, 0, 'both'),
  member(0.02, 0.2, 0.1, 0.9, 'both'),
  member(0.2, 0.05, 0.1, 0.97, 'both', 0.05),
  member(0, 1, 0, 0, 'day'),
  member(1, 0, 0, 0, 'none'),
]

/** What is left of a trend one step later. */
export const TREND_DAMPING = 0.9

/** Sum of the damped trend over `steps`, per unit of trend. */
export const trendOver = (steps: number): number =>
  (TREND_DAMPING * (1 - TREND_DAMPING ** steps)) / (1 - TREND_DAMPING)
