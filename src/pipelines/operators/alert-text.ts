import type { AlertNode } from '../definition/definition.ts'
import type { Origin, PipelineAlert } from '../definition/outside.ts'

/** What an alert is about. */
export interface AlertSubject {
  readonly item: unknown
  readonly origin: Origin
  /** The group's key as text, or `device/metric`. */
  readonly key: string
}

type AlertTexts = Pick<AlertNode, 'id' | 'rule' | 'severity' | 'message' | 'labels'>

export function alertOf(
  node: AlertTexts,
  subject: AlertSubject,
  clear: boolean,
  message = messageOf(node, subject),
): PipelineAlert {
  const { id, rule, severity, labels } = node
  const { item, origin, key } = subject
  return {
    node: id,
    rule,
    key,
    clear,
    severity,
    message,
    value: valueOf(item),
    origin,
    ...(labels !== undefined && Object.keys(labels).length > 0 && { labels }),
  }
}

/** A message that can't be made costs the message, not the alert. */
export function messageOf(node: AlertTexts, subject: AlertSubject): string {
  const { rule, message } = node
  if (message === undefined) return `${rule}: ${subject.key}`
  try {
    return message(subject.item as never)
  } catch (error) {
    return failedMessageOf(node, subject, String(error))
  }
}

export const failedMessageOf = ({ rule }: AlertTexts, { key }: AlertSubject, cause: string): string =>
  `${rule}: ${key} (its message failed: ${cause})`

/** The item's `value`, as readings have one; NaN when there is none. */
function valueOf(item: unknown): number {
  if (typeof item !== 'object' || item === null || !('value' in item)) return NaN
  return typeof item.value === 'number' ? item.value : NaN
}
