import type { Incident, IncidentMember, IncidentOrigin } from '../core/incident.ts'
import { type Cluster, type Member, SEVERITIES } from './cluster.ts'

/** What numbers are called. */
export interface IncidentNames {
  device(id: number): string
  metric(id: number): string
}

/** Where several could be the origin, the likeliest are told. */
const ORIGINS = 3
/** A score beyond this says no more about where it began. */
const MAX_WEIGHT = 100

/** How the incident stands at `now` (event time). */
export function incidentOf(
  cluster: Cluster,
  { correlation, withinMs, now }: { correlation: string; withinMs: number; now: number },
  names: IncidentNames,
): Incident {
  const { identity, group, growth, members, abnormal, anomalies, untracked, first, last, severity } = cluster
  return {
    id: identity?.id ?? '',
    ...{ correlation, group: group.values, state: 'open', reason: null, severity },
    ...{ startsAt: first, updatedAt: last, endsAt: null },
    ...{ members: members.length, abnormal, isExact: untracked === 0, anomalies },
    ...{ growthPerMinute: growth.perMinute(now), peakGrowthPerMinute: growth.peak },
    place: identity?.place ?? null,
    origins: originsOf(cluster.listed, withinMs, names),
    ...{ merged: [...(identity?.merged ?? [])], mergedInto: null, replayed: identity?.replayed ?? false },
  }
}

export const memberOf = (member: Member, names: IncidentNames): IncidentMember => ({
  ...{ device: names.device(member.device), metric: names.metric(member.metric) },
  ...{ onset: member.onset, updatedAt: member.last, peak: finite(member.peak), severity: member.severity },
  abnormal: member.abnormal.length > 0,
  lat: Number.isNaN(member.lat) ? null : member.lat,
  lon: Number.isNaN(member.lon) ? null : member.lon,
})

/**
 * The likeliest first. A member's weight is its score times its severity, and counts half for each quarter of `within`
 * that its onset is later than the first one.
 */
function originsOf(listed: readonly Member[], withinMs: number, names: IncidentNames): IncidentOrigin[] {
  if (listed.length === 0) return []
  const first = listed[0].onset
  const weights = listed.map((member) => weightOf(member) * 0.5 ** ((4 * (member.onset - first)) / withinMs))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return listed
    .map((member, index) => ({ member, likelihood: sum > 0 ? weights[index] / sum : 1 / listed.length }))
    .sort((a, b) => b.likelihood - a.likelihood || a.member.onset - b.member.onset)
    .slice(0, ORIGINS)
    .map(({ member, likelihood }) => ({
      ...{ device: names.device(member.device), metric: names.metric(member.metric) },
      ...{ onset: member.onset, peak: finite(member.peak), likelihood },
    }))
}

const weightOf = ({ peak, severity }: Member): number =>
  Math.min(finite(peak), MAX_WEIGHT) * (1 + SEVERITIES.indexOf(severity))

/** As JSON can say it. */
const finite = (score: number): number => (Number.isNaN(score) ? 0 : Math.min(score, Number.MAX_VALUE))
