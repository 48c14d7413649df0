/**
 * The routing tree: which routes an alert goes to, by its labels. An alert goes down into the first branch that matches
 * (and the following ones, where that says `continue`), and counts for the deepest; the root takes what no branch does.
 */
import type { Labels } from '../alerts/labels.ts'
import { matchesAll, type Matcher, parseMatchers } from '../alerts/matcher.ts'
import type { NotificationOptions, RouteOptions } from './options.ts'

/** What a route and its groups go by; complete. */
export interface Route {
  /** Stays the same as long as matchers and places of this route and of those above do. */
  readonly key: string
  readonly receiver: string | null
  readonly groupBy: readonly string[]
  readonly groupWait: number
  readonly groupInterval: number
  readonly repeatInterval: number
}

interface Branch {
  readonly route: Route
  readonly matchers: readonly Matcher[]
  readonly continues: boolean
  readonly branches: readonly Branch[]
}

const ALL_LABELS = '...'

export class RouteTree {
  /** All there are, the root first. */
  readonly routes: readonly Route[]
  readonly #root: Branch

  constructor(options: NotificationOptions) {
    const { receiver, groupBy, groupWait, groupInterval, repeatInterval } = options
    const route = { key: '{}', receiver, groupBy, groupWait, groupInterval, repeatInterval }
    const branches = options.routes.map((below, index) => branchOf(below, route, index))
    this.#root = { route, matchers: [], continues: false, branches }
    this.routes = routesOf(this.#root)
  }

  /** Those that tell somebody. */
  match(labels: Labels): Route[] {
    return matchesIn(this.#root, labels).filter(({ receiver }) => receiver !== null)
  }
}

function branchOf(options: RouteOptions, above: Route, index: number): Branch {
  const matchers = parseMatchers(options.matchers, 'matchers')
  const { receiver, groupBy, groupWait, groupInterval, repeatInterval } = { ...above, ...given(options) }
  const key = `${above.key}/{${matchers.map(textOf).join(',')}}/${index}`
  const route = { key, receiver, groupBy, groupWait, groupInterval, repeatInterval }
  const branches = options.routes.map((below, at) => branchOf(below, route, at))
  return { route, matchers, continues: options.continue, branches }
}

type Inherited = Pick<Route, 'receiver' | 'groupBy' | 'groupWait' | 'groupInterval' | 'repeatInterval'>

const given = ({
  receiver,
  groupBy,
  groupWait,
  groupInterval,
  repeatInterval,
}: RouteOptions): Partial<Inherited> => ({
  ...(receiver === undefined ? {} : { receiver }),
  ...(groupBy === undefined ? {} : { groupBy }),
  ...(groupWait === undefined ? {} : { groupWait }),
  ...(groupInterval === undefined ? {} : { groupInterval }),
  ...(repeatInterval === undefined ? {} : { repeatInterval }),
})

const textOf = ({ label, operator, value }: Matcher): string => `${label}${operator}${JSON.stringify(value)}`

function matchesIn({ route, branches }: Branch, labels: Labels): Route[] {
  const found: Route[] = []
  for (const branch of branches) {
    if (!matchesAll(branch.matchers, labels)) continue
    found.push(...matchesIn(branch, labels))
    if (!branch.continues) break
  }
  return found.length === 0 ? [route] : found
}

const routesOf = ({ route, branches }: Branch): Route[] => [route, ...branches.flatMap(routesOf)]

/** The labels by which a route groups; those that the alert hasn't are left out. */
export function groupLabelsOf({ groupBy }: Route, labels: Labels): Labels {
  if (groupBy.includes(ALL_LABELS)) return labels
  const group: Record<string, string> = {}
  for (const name of groupBy) if (labels[name] !== undefined) group[name] = labels[name]
  return group
}

/** Names of labels come in any order. */
export const groupKeyOf = (route: Route, labels: Labels): string =>
  `${route.key}:{${Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`)
    .join(',')}}`
