// What may be said beside a token (KIP-342, RFC 7628): more would be taken for another attribute.

export const isExtension = (key: string, value: unknown): boolean =>
  /^[A-Za-z]+$/.test(key) && key !== 'auth' && typeof value === 'string' && /^[\x20-\x7e\t\r\n]+$/.test(value)
