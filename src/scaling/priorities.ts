/**
 * Who gets units when there are not enough for all. One table, read from the top: each claim gets what it asks for before the
 * next one gets anything. What the configuration says about single claims comes before the table.
 */
export const PRIORITIES = [
  { kind: 'anomaly', words: 'anomaly response: critical readings and what they set off' },
  { kind: 'maintenance', words: 'planned maintenance' },
  { kind: 'premium', words: 'premium readings' },
  { kind: 'standard', words: 'standard readings' },
  { kind: 'bulk', words: 'bulk readings' },
] as const

export type ClaimKind = (typeof PRIORITIES)[number]['kind']

/** Somebody who wants units; fractions of them are shared. */
export interface Claim {
  readonly kind: ClaimKind
  /** What it is called, such as the id of a reservation. */
  readonly name: string
  readonly units: number
}

/** A claim that is ranked right before another kind than its own. */
export interface PriorityException {
  readonly kind: ClaimKind
  /** Names it is for; `*` stands for anything. */
  readonly name: string
  readonly before: ClaimKind
}

export interface Grant {
  readonly claim: Claim
  readonly units: number
  /** In words. */
  readonly reason: string
}

/** Divides `units`; the most important first. The same rank is served in the order given. */
export function divide(
  units: number,
  claims: readonly Claim[],
  exceptions: readonly PriorityException[] = [],
): Grant[] {
  let left = units
  const ranked = claims.map((claim) => ({ claim, ...rankOf(claim, exceptions) }))
  ranked.sort((a, b) => a.rank - b.rank)
  return ranked.map(({ claim, because }, index) => {
    const granted = Math.max(0, Math.min(claim.units, left))
    left -= granted
    return { claim, units: granted, reason: reasonOf(claim, granted, because, ranked[index - 1]?.claim) }
  })
}

interface Ranked {
  readonly rank: number
  readonly because: string
}

function rankOf(claim: Claim, exceptions: readonly PriorityException[]): Ranked {
  const exception = exceptions.find(({ kind, name }) => kind === claim.kind && isMatch(name, claim.name))
  if (exception === undefined) return { rank: placeOf(claim.kind), because: wordsOf(claim.kind) }
  const because = `${wordsOf(claim.kind)}, by exception before ${exception.before}`
  return { rank: placeOf(exception.before) - 0.5, because }
}

const placeOf = (kind: ClaimKind): number => PRIORITIES.findIndex((row) => row.kind === kind)
const wordsOf = (kind: ClaimKind): string => PRIORITIES[placeOf(kind)].words

function reasonOf(
  { name, units }: Claim,
  granted: number,
  because: string,
  before: Claim | undefined,
): string {
  const amount = `${short(granted)} of ${short(units)} units for ${name} (${because})`
  return granted < units && before !== undefined ? `${amount}, after ${before.name}` : amount
}

function isMatch(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name)
}

const short = (value: number): string => String(Math.round(value * 100) / 100)
