/**
 * `GET /v1/dead-letters?pipeline=&node=&limit=&after=`, the latest first, page by page, and `POST /v1/dead-letters/replay`
 * with `{pipeline, node, ids, limit}`, all optional.
 */
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import { explain, keysAllowed } from '../../core/explain.ts'
import type { HttpResponse } from '../../core/http.ts'
import type { EngineView } from './engine-view.ts'
import { readJson } from './json-body.ts'
import { readQuery, wholeNumber } from './query.ts'
import { json } from './responses.ts'
import type { Call, Route } from './router.ts'

const MOST_AT_ONCE = 10_000
const USUAL_PAGE = 100
const LARGEST_ID = 9_999_999_999

const name = z.string({ error: 'a name' }).optional()

const page = {
  pipeline: name,
  node: name,
  limit: wholeNumber(1, MOST_AT_ONCE, USUAL_PAGE),
  after: wholeNumber(0, LARGEST_ID, 0),
}

const IDS_ALLOWED = `an array of at most ${MOST_AT_ONCE} ids of letters`
const LIMIT_ALLOWED = `a whole number from 1 to ${MOST_AT_ONCE}`

const selectionShape = {
  pipeline: name,
  node: name,
  ids: z
    .array(z.int({ error: IDS_ALLOWED }), { error: IDS_ALLOWED })
    .max(MOST_AT_ONCE, { error: IDS_ALLOWED })
    .optional(),
  limit: z
    .int({ error: LIMIT_ALLOWED })
    .min(1, { error: LIMIT_ALLOWED })
    .max(MOST_AT_ONCE, { error: LIMIT_ALLOWED })
    .default(MOST_AT_ONCE),
}

const selection = z.strictObject(selectionShape, { error: keysAllowed(selectionShape) })

export const deadLetterRoutes = (view: EngineView): Route[] => [
  { method: 'GET', pattern: '/v1/dead-letters', answer: (call) => list(view, call) },
  { method: 'POST', pattern: '/v1/dead-letters/replay', answer: (call) => replay(view, call) },
]

/** `next` is the `after` of the next page; null after the last one. */
function list({ deadLetters }: EngineView, { request }: Call): HttpResponse {
  const { limit, after, ...filter } = readQuery(request.query, page)
  const entries = deadLetters.recent(limit + 1, filter, after)
  const isMore = entries.length > limit
  if (isMore) entries.pop()
  const next = isMore ? entries[entries.length - 1].id : null
  return json({ seen: deadLetters.seen, counts: deadLetters.counts(), entries, next })
}

async function replay({ deadLetterReplay }: EngineView, { request }: Call): Promise<HttpResponse> {
  readQuery(request.query, {})
  const result = selection.safeParse(readJson(request.body), { reportInput: true })
  if (!result.success) throw new MillraceError('bad-request', `body: ${explain(result.error, 'body')}`)
  const { pipeline, node, ids, limit } = result.data
  return json(await deadLetterReplay.replay({ pipeline, node, ids, limit }))
}
