/** An SMTP server on 127.0.0.1 that takes mails of one user, or says why not. */
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { endEachTest } from '../endings.ts'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
}

const servers: SMTPServer[] = []

endEachTest(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()))
})

export const USER = 'millrace'
export const PASSWORD = 'correct horse'

/** `answers` = codes for one mail after the other; 250 when they are used up. */
export async function mailServer(answers: number[] = []) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    ...{ disabledCommands: ['STARTTLS'], allowInsecureAuth: true, logger: false },
    onAuth({ username, password }, _, done) {
      if (username === USER && password === PASSWORD) done(null, { user: username })
      else done(new Error('Invalid username or password'))
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const code = answers.shift() ?? 250
        if (code !== 250) return done(Object.assign(new Error('not this one'), { responseCode: code }))
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false ? '' : mailFrom.address
        const text = Buffer.concat(chunks).toString()
        mails.push({ from, to: rcptTo.map(({ address }) => address), text })
        return done()
      })
    },
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return { port, mails }
}
