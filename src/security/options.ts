import { z } from 'zod'
import { MAX_TENANT_NAME } from '../core/limits.ts'

/** A token as the configuration knows it: by its hash, so that reading the configuration lets nobody in. */
export const tokenOptions = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({
      description: 'SHA-256 of the token, as `millrace token` prints it.',
      'x-allowed': '64 hexadecimal digits in lower case, as `millrace token` prints them',
    }),
  name: z.string().min(1).max(256).meta({ description: 'Who holds it, for logs and refusals.' }),
  scope: z.enum(['device', 'api', 'all']).default('device').meta({
    description: 'What it opens: streaming readings, the HTTP API, or both.',
  }),
  tenant: z
    .string()
    .max(MAX_TENANT_NAME)
    .default('')
    .meta({ description: "Tenant of what it sends; '' = none." }),
  expires: z.iso.datetime({ offset: true }).nullable().default(null).meta({
    description: 'When it stops being accepted.',
    'x-allowed': 'a date and time such as 2027-01-01T00:00:00Z, or null for never',
    'x-default': 'never',
  }),
})

export type TokenOptions = z.output<typeof tokenOptions>

/** Authentication is on as soon as there is one token. */
export const authOptions = z.strictObject({
  tokens: z.array(tokenOptions).default([]),
  tokensFile: z.string().min(1).nullable().default(null).meta({
    description: 'YAML or JSON file with more entries for `auth.tokens`; relative to the configuration file.',
    'x-allowed': 'a path',
    'x-default': 'none',
  }),
})

const pem = (what: string) =>
  z
    .string()
    .min(1)
    .meta({
      description: `${what}; a path is relative to the configuration file.`,
      'x-allowed': 'a path, or PEM text starting with -----BEGIN',
    })

export const tlsOptions = z
  .strictObject({
    key: pem('Private key, not encrypted'),
    cert: pem('Certificate of the key, followed by those that signed it'),
  })
  .nullable()
  .default(null)
  .meta({ 'x-default': 'none: plain ws and http' })

export type TlsOptions = NonNullable<z.output<typeof tlsOptions>>

/** Whether a TLS option holds the PEM itself rather than a path to it. */
export const isPemText = (option: string): boolean => option.trimStart().startsWith('-----BEGIN')
