/** What an anomaly makes of a device in a cluster, and what its end does. `listed`: how many members a cluster lists. */
import { type Cluster, type Member, rootOf, worst } from './cluster.ts'
import type { Anomaly } from './correlation.ts'

/** The device becomes a member by this anomaly. */
export function admit(cluster: Cluster, anomaly: Anomaly, listed: number): Member {
  const { device, metric, time, score, severity, lat, lon } = anomaly
  // one literal: there may be a hundred thousand in a minute
  const member: Member = {
    device,
    group: cluster.group,
    cluster,
    metric,
    lat,
    lon,
    onset: time,
    last: time,
    peak: Math.abs(score),
    severity,
    abnormal: [metric],
    next: undefined,
  }
  cluster.members.push(member)
  cluster.abnormal++
  cluster.growth.add(time)
  cluster.list(member, listed)
  return member
}

/** A further anomaly of a member. */
export function renew(cluster: Cluster, member: Member, anomaly: Anomaly, listed: number): void {
  const { metric, time, score, severity } = anomaly
  if (member.abnormal.length === 0) cluster.abnormal++
  if (!member.abnormal.includes(metric)) member.abnormal = [...member.abnormal, metric]
  member.last = Math.max(member.last, time)
  member.peak = Math.max(member.peak, Math.abs(score))
  member.severity = worst(member.severity, severity)
  if (time >= member.onset) return
  member.onset = time
  cluster.relist(member, listed)
}

/** The metric is normal again. Returns the cluster if by that the whole device is. */
export function recovered(member: Member, metric: number, time: number): Cluster | undefined {
  if (!member.abnormal.includes(metric)) return undefined
  member.abnormal = member.abnormal.filter((other) => other !== metric)
  if (member.abnormal.length > 0) return undefined
  const cluster = rootOf(member.cluster)
  cluster.abnormal--
  cluster.calmSince = Math.max(cluster.calmSince, time)
  return cluster
}
