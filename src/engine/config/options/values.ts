import { z } from 'zod'
import { MAX_NAME_LENGTH } from '../../../core/limits.ts'
import { TIERS } from '../../../core/tiers.ts'

/**
 * Kinds of values that several options share. `x-allowed` and `x-default` are words for people, where the bare JSON
 * schema would say too little: error messages and docs/configuration.md use them, `--schema` leaves them out.
 */

/** A whole number in a range. */
export const whole = (from: number, to: number, fallback: number, description: string) =>
  z.int().min(from).max(to).default(fallback).meta({ description })

/** A rate or count where 0 means that there is no limit. */
export const rate = (description: string) =>
  z.int().min(0).max(1_000_000_000).default(0).meta({
    description,
    'x-allowed': 'a whole number from 1 to 1,000,000,000, or 0 for no limit',
  })

/** Any name: printable, not empty. */
export const name = () =>
  z
    .string()
    .regex(/^[^\u0000-\u001f\u007f]+$/)
    .max(MAX_NAME_LENGTH)
    .meta({ 'x-allowed': `a name of 1 to ${MAX_NAME_LENGTH} characters, none of them a control character` })

/** A name that may be left out, which is written ''. */
export const nameOrNone = (description: string) =>
  z
    .string()
    .regex(/^[^\u0000-\u001f\u007f]*$/)
    .max(MAX_NAME_LENGTH)
    .default('')
    .meta({ description, 'x-allowed': `a name of at most ${MAX_NAME_LENGTH} characters` })

export const tier = () => z.enum(TIERS)

export const attributes = () =>
  z.record(name(), z.union([z.string(), z.number(), z.boolean()])).meta({
    description: 'What else is known of the device: names with a text, a number, true or false each.',
  })
