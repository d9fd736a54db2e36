// A process that lives for one ticket, to see whether a KDC answers: the library of Kerberos blocks whoever asks, and ends with nobody.

import { reasonOf } from '../lib/reason.ts'
import { KRB5, loadGss } from '../security/gss.ts'

// A terminal sends these to all; the process that asked ends this one. A listener for SIGUSR1 keeps Node's debugger shut.
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTSTP', 'SIGUSR1'] as const) process.on(signal, () => {})
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
