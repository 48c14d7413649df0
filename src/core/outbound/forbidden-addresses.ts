/**
 * Addresses that a webhook doesn't go to unless it is allowed to: of this machine, this network, and those that stand
 * for others (tunnels, translations), which could stand for one of these. A cloud's metadata service, for example, is
 * at a link-local address.
 */
import { BlockList, isIP } from 'node:net'

const FORBIDDEN_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

const FORBIDDEN_V6 = [
  '::/96', // unspecified, loopback, IPv4-compatible
  '::ffff:0:0:0/96', // IPv4-translated
  '64:ff9b::/96', // NAT64
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23', // Teredo, ORCHID and the like
  '2001:db8::/32',
  '2002::/16', // 6to4
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const MAPPED = '::ffff:0:0/96'

const v4 = listOf(FORBIDDEN_V4, 'ipv4')
const v6 = listOf(FORBIDDEN_V6, 'ipv6')
const mapped = listOf([MAPPED], 'ipv6')

/** Of an IP address as text, also an IPv4 one written as IPv6; what is no address is forbidden. */
export function isForbidden(address: string): boolean {
  const plain = address.split('%')[0]
  const kind = isIP(plain)
  if (kind === 4) return v4.check(plain, 'ipv4')
  if (kind !== 6) return true
  return mapped.check(plain, 'ipv6') ? v4.check(unmapped(plain), 'ipv4') : v6.check(plain, 'ipv6')
}

/** The address in the host part of a URL, without the brackets; undefined if it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? undefined : bare
}

function listOf(ranges: readonly string[], kind: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network, bits] = range.split('/')
    list.addSubnet(network, Number(bits), kind)
  }
  return list
}

/** ::ffff:a.b.c.d, however it is written; the parser of URLs writes the last two groups in hexadecimal. */
function unmapped(address: string): string {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(':').slice(-2)
  const [high, low] = groups.map((group) => parseInt(group === '' ? '0' : group, 16))
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
