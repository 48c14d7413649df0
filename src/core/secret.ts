/** Something that is never shown: in the configuration itself, in an environment variable, or in a file of its own. */
import { z } from 'zod'

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

export type Secret = string | { readonly env: string } | { readonly file: string } | null

/** `null`: there is none. */
export const secretOptions = (what: string, length: number) =>
  z
    .unknown()
    .refine((given) => isSecret(given, length))
    .transform((given) => given as Secret)
    .prefault(null)
    .meta({
      description: `${what}; never shown.`,
      'x-allowed': `${length === 1 ? 'a text' : `a text of at least ${length} characters`}, or env: NAME or file: PATH of what has one`,
      'x-default': 'none',
    })

function isSecret(given: unknown, length: number): boolean {
  if (given === null) return true
  if (typeof given === 'string') return given.length >= length
  if (typeof given !== 'object') return false
  const { env, file, ...others } = given as { readonly env?: unknown; readonly file?: unknown }
  if (Object.keys(others).length > 0) return false
  if (file === undefined) return typeof env === 'string' && ENV_NAME.test(env)
  return env === undefined && typeof file === 'string' && file !== ''
}

export interface SecretPorts {
  readonly env: (name: string) => string | undefined
  readonly readText: (path: string) => Promise<string>
}

/**
 * Asked each time: what is missing can be put right, and a file can be renewed, while somebody waits for it. Throws if
 * there is none where it should be.
 */
export async function readSecret(
  secret: Secret,
  length: number,
  ports: SecretPorts,
): Promise<string | undefined> {
  if (secret === null || typeof secret === 'string') return secret ?? undefined
  const isFile = 'file' in secret
  const found = isFile ? await fileText(secret.file, ports) : (ports.env(secret.env) ?? '')
  if (found.length >= length) return found
  const where = isFile ? secret.file : secret.env
  throw new Error(`the secret in ${where} is missing or shorter than ${length} characters`)
}

async function fileText(path: string, { readText }: SecretPorts): Promise<string> {
  try {
    return (await readText(path)).trim()
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error })
  }
}
