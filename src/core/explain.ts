/**
 * Turns what zod found into one sentence per fault: path, value, and what is allowed. Schemas here say as their error
 * message only what is allowed; this adds the rest. Values are shown short, however large or deep they are.
 */
import type { z } from 'zod'

const MAX_SHOWN = 64

/** `allowed` for a strict object: which keys there are, or that it must be an object. */
export const keysAllowed =
  (shape: object) =>
  (issue: { readonly code?: string | undefined }): string =>
    issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') || 'none' : 'an object'

/** The faults of a value, `; ` between them; `root` names the value itself. */
export const explain = (error: z.ZodError, root: string): string =>
  error.issues.map((issue) => explainIssue(issue, root)).join('; ')

function explainIssue(issue: z.core.$ZodIssue, root: string): string {
  const path = issue.path.length === 0 ? root : issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys.map(show).join(', ')}: no such key; allowed: ${issue.message}`
  }
  if (issue.code === 'invalid_key')
    return `${path}: this key is not allowed; allowed: ${issue.issues[0].message}`
  return `${path}: ${show(issue.input)} is not allowed; allowed: ${issue.message}`
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`
}
