import { MillraceError } from '../../core/errors.ts'

/** Packages that only some engines need are installed by those who do. Throws `bad-config` that says how. */
export async function optionalPackage<T>(
  load: (name: string) => Promise<unknown>,
  name: string,
  what: string,
): Promise<T> {
  try {
    return (await load(name)) as T
  } catch (cause) {
    const message = `${what} needs the package ${name}, which could not be loaded; install it: npm install ${name}`
    throw new MillraceError('bad-config', message, { package: name }, cause)
  }
}
