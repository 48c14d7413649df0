/**
 * Silences, `/v1/silences`, and holds during maintenance, `/v1/holds`: `GET` all, `POST` a new one, `GET` and
 * `DELETE …/{id}`, which ends it.
 */
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import { explain, keysAllowed } from '../../core/explain.ts'
import type { AlertDesk, MuteStatus } from '../../alerts/alert-desk.ts'
import type { Clock } from '../../core/clock.ts'
import type { EngineView } from './engine-view.ts'
import { readJson } from './json-body.ts'
import { json, notFound } from './responses.ts'
import type { Route } from './router.ts'

const MAX_SPAN_MS = 3_153_600_000_000

const matchers = z.array(z.string({ error: 'a text' }), { error: 'a list of matchers' })
const text = (error: string) => z.string({ error }).max(1024, { error })
const moment = z.number({ error: 'milliseconds since the epoch' })
const span = z
  .number({ error: 'milliseconds, more than 0' })
  .positive({ error: 'milliseconds, more than 0' })
  .max(MAX_SPAN_MS, { error: 'milliseconds, at most a hundred years' })

const silence = {
  matchers,
  startsAt: moment.optional(),
  endsAt: moment.optional(),
  forMs: span.optional(),
  by: text('who wants it, up to 1024 characters').min(1, { error: 'who wants it' }),
  comment: text('up to 1024 characters').default(''),
}

const hold = {
  matchers,
  until: moment.optional(),
  forMs: span.optional(),
  reason: text('up to 1024 characters').default(''),
}

/** What a kind of mute is called, and how one is made of a body. */
interface Kind {
  readonly path: string
  readonly name: string
  readonly list: () => readonly MuteStatus[]
  readonly create: (body: Uint8Array) => MuteStatus
  readonly end: (id: string) => MuteStatus
}

export const muteRoutes = ({ alertDesk, clock }: EngineView): Route[] => [
  ...routesOf(silences(alertDesk, clock)),
  ...routesOf(holds(alertDesk, clock)),
]

const silences = (desk: AlertDesk, clock: Clock): Kind => ({
  ...{ path: '/v1/silences', name: 'silence', list: () => desk.silences(), end: (id) => desk.endSilence(id) },
  create(body) {
    const { endsAt, forMs, ...rest } = readBody(body, silence)
    const from = rest.startsAt ?? clock.epochMs()
    return desk.silence({ ...rest, endsAt: endOf(from, endsAt, forMs, 'endsAt') })
  },
})

const holds = (desk: AlertDesk, clock: Clock): Kind => ({
  ...{ path: '/v1/holds', name: 'hold', list: () => desk.holds(), end: (id) => desk.endHold(id) },
  create(body) {
    const { until, forMs, ...rest } = readBody(body, hold)
    return desk.hold({ ...rest, until: endOf(clock.epochMs(), until, forMs, 'until') })
  },
})

const routesOf = ({ path, name, list, create, end }: Kind): Route[] => [
  { method: 'GET', pattern: path, answer: () => json({ [`${name}s`]: list() }) },
  { method: 'POST', pattern: path, answer: ({ request }) => json(create(request.body), 201) },
  {
    method: 'GET',
    pattern: `${path}/{id}`,
    answer({ params }) {
      const found = list().find(({ id }) => id === params.id)
      if (found === undefined) throw notFound(`there is no ${name} ${JSON.stringify(params.id)}`)
      return json(found)
    },
  },
  { method: 'DELETE', pattern: `${path}/{id}`, answer: ({ params }) => json(end(params.id)) },
]

function endOf(from: number, end: number | undefined, forMs: number | undefined, name: string): number {
  if ((end === undefined) === (forMs === undefined))
    throw new MillraceError('bad-request', `body: allowed: one of ${name} and forMs`)
  return end ?? from + forMs!
}

/** A body of this shape; throws bad-request with what is wrong. */
export function readBody<Shape extends z.ZodRawShape>(
  body: Uint8Array,
  shape: Shape,
): z.infer<z.ZodObject<Shape>> {
  const schema = z.strictObject(shape, { error: keysAllowed(shape) })
  const result = schema.safeParse(readJson(body), { reportInput: true })
  if (!result.success) throw new MillraceError('bad-request', `body: ${explain(result.error, 'body')}`)
  return result.data
}
