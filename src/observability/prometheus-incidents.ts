/** The part of `GET /metrics` about incidents and priority escalation. */
import type { EscalationStats } from '../core/escalation.ts'
import type { IncidentStats } from '../core/incident.ts'
import type { Exposition } from './exposition.ts'

export function writeIncidents(text: Exposition, stats: IncidentStats): void {
  const { open, opened, merged, ended, evicted, tracked, unplaced, untracked } = stats
  text.gauge('millrace_incidents_open', 'Incidents open now.', open)
  text.counter('millrace_incidents_opened_total', 'Incidents opened.', opened)
  text.counter('millrace_incidents_merged_total', 'Incidents that became part of another.', merged)
  text.counter('millrace_incidents_ended_total', 'Incidents ended.', ended)
  text.counter('millrace_incidents_evicted_total', 'Incidents ended for want of room.', evicted)
  text.gauge('millrace_incident_devices_tracked', 'Devices watched by correlations.', tracked)
  text.counter('millrace_incident_anomalies_unplaced_total', 'Anomalies without place or group.', unplaced)
  text.counter('millrace_incident_anomalies_untracked_total', 'Anomalies without room.', untracked)
}

export function writeEscalation(text: Exposition, stats: EscalationStats): void {
  const { raised, limit, escalations, devices, limited, yielded } = stats
  text.gauge('millrace_escalation_devices_raised', 'Devices whose tier is raised now.', raised)
  text.gauge('millrace_escalation_devices_limit', 'How many may be.', limit)
  text.counter('millrace_escalations_total', 'Anomalies that raised devices.', escalations)
  text.counter('millrace_escalation_devices_total', 'Devices raised.', devices)
  text.counter('millrace_escalations_limited_total', 'Anomalies for which not all could be raised.', limited)
  text.counter('millrace_escalation_yielded_total', 'Raised devices given a tier by a person.', yielded)
}
