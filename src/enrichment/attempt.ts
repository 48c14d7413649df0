import type { Clock } from '../core/clock.ts'
import type { EnrichNode } from '../pipelines/definition/definition.ts'

export type Attempt =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'failure'; readonly cause: string; readonly isTimeout: boolean }

/**
 * One call of the user's function; settles at the time limit even when the function never does. Never rejects, and need not
 * settle when the controller was aborted from elsewhere.
 */
export function attempt(
  { enrich, policy }: Pick<EnrichNode, 'enrich' | 'policy'>,
  item: unknown,
  controller: AbortController,
  clock: Clock,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const cancel = clock.after(policy.timeoutMs, () => {
      const cause = `no answer within ${policy.timeoutMs} ms`
      resolve({ type: 'failure', cause, isTimeout: true })
      controller.abort(new DOMException(cause, 'TimeoutError'))
    })
    controller.signal.addEventListener('abort', cancel, { once: true })
    const settle = (result: Attempt): void => {
      cancel()
      resolve(result)
    }
    called(() => enrich(item as never, controller.signal)).then(
      (value) => settle({ type: 'value', value }),
      (error: unknown) => settle({ type: 'failure', cause: causeOf(error), isTimeout: false }),
    )
  })
}

/** A function that throws at once fails like one whose promise does. */
const called = async (act: () => Promise<unknown>): Promise<unknown> => act()

function causeOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
