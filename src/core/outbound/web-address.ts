/** What the URL and the headers of a request to outside may be, as they stand in a configuration. */
import { isForbidden, literalAddress } from './forbidden-addresses.ts'

export const URL_ALLOWED = 'an http or https URL without user and password'

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

export function isHttpUrl(given: string): boolean {
  if (!URL.canParse(given)) return false
  const { protocol, username, password } = new URL(given)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

/** Whether it says an address that is forbidden; of what a name stands for nothing is known here. */
export function isPrivateUrl(given: string): boolean {
  if (!URL.canParse(given)) return false
  const literal = literalAddress(new URL(given).hostname)
  return literal !== undefined && isForbidden(literal)
}

/** Names of `reserved` are not for the configuration to set. */
export const areHeaders = (given: Readonly<Record<string, string>>, reserved: RegExp): boolean =>
  Object.entries(given).every(
    ([name, value]) => HEADER_NAME.test(name) && !reserved.test(name) && HEADER_VALUE.test(value),
  )
