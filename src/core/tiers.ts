/** Service classes, most important first; the index is the number kept in shared memory. */
export const TIERS = ['critical', 'premium', 'standard', 'bulk'] as const

export type Tier = (typeof TIERS)[number]

/** Returns the tier's index, 0 (critical) to 3 (bulk). */
export const tierIndex = (tier: Tier): number => TIERS.indexOf(tier)
