/** A correlation's clusters as plain data, for a later process. */
import { Cluster, type Group, type Identity, type Member, type Run, SEVERITIES } from './cluster.ts'
import type { Correlator } from './correlator.ts'
import { Growth } from './growth.ts'

export interface KeptCorrelation {
  readonly name: string
  /** What cells and groups depend on: under another meaning they would say nothing. */
  readonly meaning: string
  readonly clusters: readonly KeptCluster[]
}

/** There may be a hundred thousand, so without names; null is what JSON has no word for. */
type KeptMember = readonly [
  ...[device: number, metric: number, onset: number, last: number, peak: number | null],
  ...[severity: number, abnormal: readonly number[], lat: number | null, lon: number | null],
]

interface KeptCluster {
  readonly group: Group['values']
  readonly identity: Identity | null
  readonly members: readonly KeptMember[]
  readonly runs: readonly (readonly [cell: number, first: number, last: number])[]
  readonly figures: readonly number[]
  readonly calmSince: number | null
  readonly severity: Member['severity']
  readonly growth: ReturnType<Growth['toJSON']>
}

const meaningOf = ({ options: { by, near, withinMs } }: Correlator): string =>
  JSON.stringify([by, near, withinMs])

export const keptOf = (correlator: Correlator): KeptCorrelation => ({
  name: correlator.options.name,
  meaning: meaningOf(correlator),
  clusters: Array.from(correlator.alive(), keptCluster),
})

function keptCluster(cluster: Cluster): KeptCluster {
  const { group, identity, members, runs, anomalies, untracked, first, last, cell, growth } = cluster
  return {
    group: group.values,
    identity: identity ?? null,
    members: members.map(keptMember),
    runs: runs.flatMap((run) => (run.isGone ? [] : [[run.cell, run.first, run.last] as const])),
    figures: [anomalies, untracked, first, last, cell],
    calmSince: Number.isFinite(cluster.calmSince) ? cluster.calmSince : null,
    severity: cluster.severity,
    growth: growth.toJSON(),
  }
}

const keptMember = ({
  device,
  metric,
  onset,
  last,
  peak,
  severity,
  abnormal,
  lat,
  lon,
}: Member): KeptMember => [
  ...([device, metric, onset, last, Number.isFinite(peak) ? peak : null] as const),
  ...([SEVERITIES.indexOf(severity), abnormal] as const),
  ...([Number.isNaN(lat) ? null : lat, Number.isNaN(lon) ? null : lon] as const),
]

/** Puts back what was kept, if it means the same now. */
export function restoreKept(correlator: Correlator, kept: KeptCorrelation): Cluster[] {
  if (kept.meaning !== meaningOf(correlator)) return []
  return kept.clusters.map((entry) => {
    const cluster = clusterOf(entry, correlator)
    correlator.restore(cluster)
    return cluster
  })
}

function clusterOf(kept: KeptCluster, correlator: Correlator): Cluster {
  const group = correlator.group(kept.group)
  const cluster = new Cluster(group)
  ;[cluster.anomalies, cluster.untracked, cluster.first, cluster.last, cluster.cell] = kept.figures
  cluster.identity = kept.identity ?? undefined
  cluster.calmSince = kept.calmSince ?? -Infinity
  cluster.severity = kept.severity
  cluster.growth = Growth.from(kept.growth)
  for (const member of kept.members) {
    const restored = restoredMember(member, cluster)
    cluster.members.push(restored)
    cluster.list(restored, correlator.options.listedMembers)
    if (restored.abnormal.length > 0) cluster.abnormal++
  }
  for (const [cell, first, last] of kept.runs)
    cluster.runs.push({ group, cell, cluster, first, last, isGone: false } satisfies Run)
  return cluster
}

function restoredMember(kept: KeptMember, cluster: Cluster): Member {
  const [device, metric, onset, last, peak, severity, abnormal, lat, lon] = kept
  return {
    ...{ device, metric, onset, last, abnormal, cluster, group: cluster.group, next: undefined },
    ...{ severity: SEVERITIES[severity], peak: peak ?? Infinity, lat: lat ?? NaN, lon: lon ?? NaN },
  }
}
