// What may be said beside a token (KIP-342, RFC 7628): more would be taken for another attribute.

/** `key=value`; without a `=` there is no value, which is none. */
export function extensionIn(text: string): readonly [key: string, value: string] {
  const [key = '', ...value] = text.split('=')
  return [key, value.join('=')]
}

export const isExtension = (key: string, value: unknown): boolean =>
  /^[A-Za-z]+$/.test(key) && key !== 'auth' && typeof value === 'string' && /^[\x20-\x7e\t\r\n]+$/.test(value)
