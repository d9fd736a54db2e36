// Addresses as people write them and as a client needs them. Looks nothing up.

import { isIPv6 } from 'node:net'

const KAFKA_PORT = 9092

/** `host:port`, with Kafka's own port where none is given and an IPv6 address in brackets; undefined where it is no address. */
export function toHostPort(given: string): string | undefined {
  const parts = /^(?:\[(?<six>[^\]]+)\]|(?<host>[\w.-]+))(?::(?<port>\d{1,5}))?$/.exec(given)?.groups
  if (!parts) return undefined
  const { six, host, port = String(KAFKA_PORT) } = parts
  // A zone, as in fe80::1%eth0, belongs to the address.
  if (six !== undefined && !isIPv6(six)) return undefined
  if (Number(port) < 1 || Number(port) > 65_535) return undefined
  return `${six === undefined ? host : `[${six}]`}:${Number(port)}`
}
