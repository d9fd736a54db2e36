// The part of the table that is about metrics for Datadog.

import { flag, list, maybeInteger, maybeText, type Option, text } from './option.ts'

export const datadogOptions = {
  datadogEnabled: flag({
    group: 'Datadog',
    default: false,
    about: 'Send metrics of each worker to a Datadog Agent, with the package hot-shots',
  }),
  datadogHost: maybeText({
    group: 'Datadog',
    default: undefined,
    about: 'Host of the Agent; by default DD_AGENT_HOST, else 127.0.0.1',
  }),
  datadogPort: maybeInteger({ least: 1, most: 65_535 })({
    group: 'Datadog',
    default: undefined,
    about: 'UDP port of the Agent; by default DD_DOGSTATSD_PORT, else 8125',
  }),
  datadogSocketPath: maybeText({
    group: 'Datadog',
    default: undefined,
    about: 'Unix datagram socket of the Agent, instead of host and port, with the package unix-dgram',
  }),
  datadogNamespace: text({
    group: 'Datadog',
    default: 'racecar',
    about: 'What the names of all metrics begin with, before a dot',
  }),
  datadogTags: list({
    group: 'Datadog',
    default: [],
    about: 'Tags of all metrics, as name:value',
  }),
} satisfies Record<string, Option<unknown>>
