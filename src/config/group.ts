// The group id of a consumer, by Racecar's rule: a hyphen before a capital that follows a small letter, then all small letters.
// `BaconConsumer` → `bacon-consumer`, `HTTPLogConsumer` → `httplog-consumer`.

import type { Config } from './options.ts'

/** `group_id` as it stands where it is set; else made from the name under which the consumer was asked for, after the prefix. */
export function groupIdOf(
  consumer: string,
  { groupId, groupIdPrefix }: Pick<Config, 'groupId' | 'groupIdPrefix'>,
): string {
  return groupId ?? `${groupIdPrefix ?? ''}${consumer.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()}`
}
