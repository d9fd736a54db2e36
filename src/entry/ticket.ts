// A process that lives for one ticket, to see whether a KDC answers: the library of Kerberos blocks whoever asks, and ends with nobody.

import { reasonOf } from '../lib/reason.ts'
import { KRB5, loadGss } from '../security/gss.ts'
import { beDeaf } from './deaf.ts'

beDeaf()
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))

async function ask(service: string, principal?: string): Promise<string> {
  try {
    const client = await loadGss(process.cwd()).initializeClient(service, { mechOID: KRB5, principal })
    await client.step('')
    return ''
  } catch (error) {
    return reasonOf(error)
  }
}

const [service, principal] = process.argv.slice(2)
process.send?.(await ask(service!, principal))
