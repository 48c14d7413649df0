import { z } from 'zod'
import { tier } from './values.ts'

const share = (fallback: number, which: string) =>
  z
    .number()
    .gt(0)
    .max(1_000_000)
    .default(fallback)
    .meta({ description: `Share of the workers that ${which} keeps under overload.` })

/** Service classes. `critical` has no share: it goes first. */
export const tiersOptions = z.strictObject({
  default: tier().default('standard').meta({ description: 'Tier of devices of which nothing else is said.' }),
  shares: z
    .strictObject({
      premium: share(70, 'premium'),
      standard: share(25, 'standard'),
      bulk: share(5, 'bulk'),
    })
    .prefault({}),
})
