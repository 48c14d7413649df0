import { z } from 'zod'
import { MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTES } from '../../../core/limits.ts'
import { TIERS } from '../../../core/tiers.ts'

/**
 * Kinds of values that several options share. `x-allowed` and `x-default` are words for people, where the
 * bare JSON schema would say too little: error messages and docs/configuration.md use them, `--schema` leaves
 * them out.
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

/** A name: not empty, printable, and with UTF-8 bytes, which half of a surrogate pair has not. */
export const name = (longest: number) =>
  z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]+$/u)
    .max(longest)
    .meta({ 'x-allowed': `a name of 1 to ${longest} characters, none of them a control character` })

/** A name that may be left out, which is written ''. */
export const nameOrNone = (longest: number) =>
  z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]*$/u)
    .max(longest)
    .meta({ 'x-allowed': `a name of at most ${longest} characters, or ''` })

export const tier = () => z.enum(TIERS)

const attribute = () => z.union([z.string().max(MAX_ATTRIBUTE_TEXT), z.number(), z.boolean()])

export const attributes = () =>
  z
    .record(name(MAX_ATTRIBUTE_NAME), attribute())
    .refine((given) => Object.keys(given).length <= MAX_ATTRIBUTES)
    .meta({
      description: 'What else is known of the device.',
      'x-allowed': `at most ${MAX_ATTRIBUTES} names, each with a text, a number, true or false`,
    })
