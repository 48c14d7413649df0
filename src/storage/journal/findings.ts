/**
 * What a reader of the journal came upon besides good records.
 *
 * - `damaged`: bytes between good records, or before the end of a segment that is not the last, that are no record.
 *   `acknowledged` says whether they are known to have been on the medium once (a later record says so); if not, they may
 *   be what a power cut left of writes nobody was told of.
 * - `missing`: sequence numbers of which there is no good record; often what `damaged` bytes held.
 * - `torn`: the last record was being written. Nobody was told of it; on a live directory it may be whole a moment later.
 * - `void`: records that were written again in a later segment, because writing this one failed.
 * - `header`: a segment without a good header. Its records are read all the same.
 */
export type Finding =
  | (Place & { readonly kind: 'damaged'; readonly bytes: number; readonly acknowledged: boolean })
  | (Place & { readonly kind: 'missing'; readonly from: number; readonly to: number })
  | (Place & { readonly kind: 'torn'; readonly bytes: number; readonly sequence: number })
  | (Place & { readonly kind: 'void'; readonly fromSequence: number })
  | (Place & { readonly kind: 'header' })

interface Place {
  /** Name of the segment. */
  readonly segment: string
  readonly offset: number
}

/** Whether something that had been written is not what was written. */
export const isDamage = ({ kind }: Finding): boolean => kind === 'damaged' || kind === 'missing'

/** One line for people. */
export function describeFinding(finding: Finding): string {
  const at = `${finding.segment} at ${finding.offset}`
  switch (finding.kind) {
    case 'damaged':
      return `${at}: ${finding.bytes} bytes are damaged${finding.acknowledged ? ' (they had been safe)' : ''}`
    case 'missing':
      return `${at}: records ${finding.from} to ${finding.to} are missing`
    case 'torn':
      return `${at}: record ${finding.sequence} is unfinished (${finding.bytes} bytes)`
    case 'void':
      return `${at}: records from ${finding.fromSequence} on are void, a later segment holds them`
    case 'header':
      return `${at}: the segment has no good header`
  }
}
