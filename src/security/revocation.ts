// Lists of revoked certificates in PEM, and until when they hold: OpenSSL says that of none before the first connection, and Node
// reads them for nobody, so the few bytes that tell are found here (RFC 5280, section 5.1; times by X.690).

import { blocks, Unusable } from './pem.ts'
import { mustHold } from './validity.ts'

/** Throws Unusable. */
export function listsIn(text: string): string[] {
  const found = blocks(text, /^X509 CRL$/)
  if (found.length === 0) throw new Unusable('holds no revocation list in PEM (-----BEGIN X509 CRL-----)')
  for (const [i, pem] of found.entries()) {
    const until = nextUpdate(pem)
    const which = found.length > 1 ? `, number ${i + 1},` : ''
    if (until === 'broken') throw new Unusable(`holds a revocation list${which} that cannot be read`)
    if (until !== undefined)
      mustHold({ until }, `holds a revocation list${which} that `, 'put a newer one of its authority there')
  }
  return found
}

/** undefined: it names no time. */
function nextUpdate(pem: string): number | undefined | 'broken' {
  try {
    const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
    const signed = itemsIn(der, itemsIn(der, { start: 0, end: der.length })[0]!)[0]!
    // Before the version, which may be missing, stands nothing; after it the algorithm and the issuer.
    const [, , thisUpdate, next] = itemsIn(der, signed).filter(({ tag }) => tag !== INTEGER)
    if (thisUpdate === undefined || !TIMES.includes(thisUpdate.tag)) return 'broken'
    return next !== undefined && TIMES.includes(next.tag) ? timeIn(der, next) : undefined
  } catch {
    return 'broken'
  }
}

interface Span {
  readonly start: number
  readonly end: number
}

const [INTEGER, UTC_TIME, GENERALIZED_TIME] = [0x02, 0x17, 0x18]
const TIMES: readonly number[] = [UTC_TIME, GENERALIZED_TIME]

function itemsIn(der: Buffer, { start, end }: Span): (Span & { readonly tag: number })[] {
  const items: (Span & { readonly tag: number })[] = []
  for (let at = start; at < end; at = items.at(-1)!.end) {
    const length = der.readUInt8(at + 1)
    const more = length & 0x80 ? length & 0x7f : 0
    const from = at + 2 + more
    const item = { tag: der.readUInt8(at), start: from, end: from + (more > 0 ? der.readUIntBE(at + 2, more) : length) }
    if (item.end > end) throw new RangeError('cut off')
    items.push(item)
  }
  return items
}

function timeIn(der: Buffer, { tag, start, end }: Span & { readonly tag: number }): number {
  const text = der.toString('latin1', start, end)
  const century = tag === GENERALIZED_TIME ? '' : text < '50' ? '20' : '19'
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(century + text)!
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}
