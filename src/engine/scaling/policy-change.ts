/** A policy changed at run time: a merge patch (RFC 7396) of what it goes by, checked as the configuration is. */
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import type { PolicyOptions } from '../../scaling/policy/policy-options.ts'
import { policyOptions } from '../config/options/scaling.ts'
import type { SchemaNode } from '../config/json-schema.ts'
import { problemsOf } from '../config/problems.ts'

const tree = z.toJSONSchema(policyOptions, { io: 'input' }) as SchemaNode

/** Throws `bad-request` with every problem there is. */
export function changedPolicy(
  options: PolicyOptions,
  patch: unknown,
  hard: { readonly min: number; readonly max: number },
): PolicyOptions {
  const merged = merge(options, patch)
  const checked = policyOptions.safeParse(merged)
  if (!checked.success) throw wrong(problemsOf(checked.error.issues, merged, tree))
  const { min, max } = checked.data
  if (min < hard.min || min > max) throw wrong([{ path: ['min'], message: notAllowed(min, hard.min, max) }])
  if (max > hard.max) throw wrong([{ path: ['max'], message: notAllowed(max, min, hard.max) }])
  return checked.data
}

const notAllowed = (value: number, from: number, to: number): string =>
  `${value} is not allowed; give a number from ${from} to ${to}`

const wrong = (problems: readonly { path: readonly PropertyKey[]; message: string }[]): MillraceError =>
  new MillraceError(
    'bad-request',
    problems.map(({ path, message }) => `policy.${path.map(String).join('.')}: ${message}`).join('; '),
  )

/** Two changes, one after the other, as one. */
export const bothChanges = merge

/** Unlike in RFC 7396 null is a value: it stands where there is no limit. */
function merge(before: unknown, patch: unknown): unknown {
  if (!isRecord(before) || !isRecord(patch)) return patch
  const keys = new Set([...Object.keys(before), ...Object.keys(patch)])
  return Object.fromEntries(
    [...keys].map((key) => [key, Object.hasOwn(patch, key) ? merge(before[key], patch[key]) : before[key]]),
  )
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
