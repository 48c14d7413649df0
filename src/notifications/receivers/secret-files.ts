import type { NotificationOptions } from '../options.ts'
import type { ReceiverOptions } from './options.ts'
import type { Secret } from '../../core/secret.ts'

/** The same with paths of files that hold secrets as `resolve` makes them. */
export const withFilesIn = (
  options: NotificationOptions,
  resolve: (path: string) => string,
): NotificationOptions => ({
  ...options,
  receivers: options.receivers.map((receiver) => resolved(receiver, resolve)),
})

function resolved(receiver: ReceiverOptions, resolve: (path: string) => string): ReceiverOptions {
  const at = (secret: Secret): Secret => resolvedSecret(secret, resolve)
  const { webhook, alertmanager, email, ...others } = receiver
  return {
    ...others,
    ...(webhook && { webhook: { ...webhook, secret: at(webhook.secret), bearer: at(webhook.bearer) } }),
    ...(alertmanager && { alertmanager: { ...alertmanager, bearer: at(alertmanager.bearer) } }),
    ...(email && { email: { ...email, password: at(email.password) } }),
  }
}

export const resolvedSecret = (secret: Secret, resolve: (path: string) => string): Secret =>
  secret !== null && typeof secret === 'object' && 'file' in secret ? { file: resolve(secret.file) } : secret
