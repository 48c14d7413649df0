/**
 * `millrace-signature: t=<milliseconds since the epoch>,v1=<hexadecimal HMAC-SHA256>`. What is signed is the time, a full
 * stop and the body, so that a receiver who refuses old times can't be sent the same again by somebody else.
 */
import { createHmac } from 'node:crypto'

export const SIGNATURE_HEADER = 'millrace-signature'

export function signatureOf(secret: string, epochMs: number, body: Uint8Array): string {
  const time = Math.floor(epochMs)
  const digest = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex')
  return `t=${time},v1=${digest}`
}
