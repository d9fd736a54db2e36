// The part of the table that is about the file by which others see that a racecar lives, and where that file is: who touches it and
// who looks at it must agree.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flag, maybeInteger, maybeText, type Option, seconds, text } from './option.ts'

export const livenessOptions = {
  livenessProbeEnabled: flag({
    group: 'Liveness',
    default: false,
    about: 'Touch a file while all is well, which racecarctl liveness-probe looks at',
  }),
  livenessProbeFilePath: maybeText({
    group: 'Liveness',
    default: undefined,
    about: 'That file, one for each racecar; by default racecar-liveness in the temporary folder',
  }),
  livenessProbeMaxInterval: seconds({ least: 1 })({
    group: 'Liveness',
    default: 5,
    about: 'Seconds without a touch after which racecarctl liveness-probe fails',
  }),
  healthPort: maybeInteger({ most: 65_535 })({
    group: 'Liveness',
    default: undefined,
    about: 'Answer GET /health and GET /ready there, over HTTP; 0: at any port that is free',
  }),
  healthHost: text({
    group: 'Liveness',
    default: '127.0.0.1',
    about: 'Address of health_port; 0.0.0.0 or :: for who asks from another machine, as Kubernetes does',
  }),
  livenessProbeSkipConfigFiles: flag({
    group: 'Liveness',
    default: false,
    outside: true,
    about: 'Have racecarctl liveness-probe read no configuration files',
  }),
} satisfies Record<string, Option<unknown>>

export const livenessFileOf = (configured: string | undefined): string =>
  configured ?? join(tmpdir(), 'racecar-liveness')
