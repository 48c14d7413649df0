/** Kinds of values in the options of targets. */
import { z } from 'zod'
import { areHeaders, isHttpUrl, isPrivateUrl, URL_ALLOWED } from '../../core/outbound/web-address.ts'

const HEADERS_ALLOWED =
  'names and values of headers, none of authorization, host, connection, content-*, transfer-encoding or millrace-*'
const RESERVED =
  /^(authorization|host|connection|content-.*|transfer-encoding|expect|te|trailer|upgrade|keep-alive|millrace-.*)$/i

export const whole = (from: number, to: number, fallback: number, description: string) =>
  z.int().min(from).max(to).default(fallback).meta({ description })

export const flag = (description: string) => z.boolean().default(false).meta({ description })

/** A text that must be given. */
export const text = (description: string, pattern: RegExp, allowed: string) =>
  z.string().max(1024).regex(pattern).meta({ description, 'x-allowed': allowed })

/** '' = as said in `fallback`. */
export const orNone = (description: string, pattern: RegExp, allowed: string, fallback: string) =>
  z
    .string()
    .max(1024)
    .refine((given) => given === '' || pattern.test(given))
    .default('')
    .meta({ description, 'x-allowed': allowed, 'x-default': fallback })

export const httpUrl = (description: string) =>
  z.string().refine(isHttpUrl).meta({ description, 'x-allowed': URL_ALLOWED })

/** '' = as said in `fallback`. */
export const httpUrlOrNone = (description: string, fallback: string) =>
  z
    .string()
    .refine((given) => given === '' || isHttpUrl(given))
    .default('')
    .meta({ description, 'x-allowed': URL_ALLOWED, 'x-default': fallback })

export const headers = z
  .record(z.string(), z.string())
  .refine((given) => areHeaders(given, RESERVED))
  .default({})
  .meta({
    description: 'Headers sent along; never shown.',
    'x-allowed': HEADERS_ALLOWED,
    'x-default': 'none',
  })

/** An URL that says a private address itself is refused where it is read, not when it is first used. */
export const isOpenUrl = (url: string, allowPrivate: boolean): boolean => allowPrivate || !isPrivateUrl(url)
