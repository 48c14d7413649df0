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

export function alertOf(node: AlertTexts, subject: AlertSubject, clear: boolean): PipelineAlert {
  const { id, rule, severity, labels } = node
  const { item, origin, key } = subject
  return {
    node: id,
    rule,
    key,
    clear,
    severity,
    message: messageOf(node, subject),
    value: valueOf(item),
    origin,
    ...(labels !== undefined && Object.keys(labels).length > 0 && { labels }),
  }
}

/** A message that can't be made costs the message, not the alert. */
function messageOf({ rule, message }: AlertTexts, { item, key }: AlertSubject): string {
  if (message === undefined) return `${rule}: ${key}`
  try {
    return message(item as never)
  } catch (error) {
    return `${rule}: ${key} (its message failed: ${String(error)})`
  }
}

/** The item's `value`, as readings have one; NaN when there is none. */
function valueOf(item: unknown): number {
  if (typeof item !== 'object' || item === null || !('value' in item)) return NaN
  return typeof item.value === 'number' ? item.value : NaN
}
