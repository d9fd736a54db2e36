// A keystore: our certificate, its key and what leads to its root in one file of PKCS#12, as Java writes it. OpenSSL's word for
// what is wrong with one says little; here it becomes what to do about it.

import { reasonOf } from '../lib/reason.ts'
import { Unusable } from './pem.ts'

/** Why `pfx` could not be opened, as the second half of a sentence about its place. */
export function unopened(error: unknown, pfx: Buffer, password: string | undefined): Unusable {
  const why = reasonOf(error)
  if (pfx.length === 0) return new Unusable('is empty')
  if (pfx.subarray(0, 4).equals(JKS))
    return new Unusable(
      'is a keystore in the form that only Java reads (JKS): ' +
        'keytool -importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12 converts it',
    )
  if (pfx.includes('-----BEGIN '))
    return new Unusable('is PEM and no PKCS#12: set ssl_certificate_location and ssl_key_location instead')
  if (/mac verify failure/i.test(why))
    return new Unusable(
      password === undefined
        ? 'needs its password: set ssl_keystore_password'
        : 'is not opened by ssl_keystore_password: that is not its password',
    )
  if (/unsupported/i.test(why))
    return new Unusable(
      'is encrypted in the old way (RC2), which OpenSSL 3 refuses: openssl pkcs12 -legacy -in OLD -nodes -out BOTH.pem && ' +
        'openssl pkcs12 -export -in BOTH.pem -out NEW converts it',
    )
  if (/private key/i.test(why)) return new Unusable('holds no private key, which our certificate needs')
  return new Unusable(`is no keystore in PKCS#12: ${why}`)
}

const JKS = Buffer.from('feedfeed', 'hex')
