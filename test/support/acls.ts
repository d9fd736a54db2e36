// Rights on a private broker that gives none by itself: to nobody but those who come by the listener in the clear, as tests do.

import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, type Admin, ResourcePatternTypes } from 'kafkajs'
import { privateBroker } from './broker.ts'
import { askingWho } from './sasl.ts'

/** `users`: names and passwords, for PLAIN, of those who ask at the secured listener. */
export const strictBroker = (users: Readonly<Record<string, string>>) =>
  privateBroker({
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
    secured: askingWho(users),
  })

export interface Right {
  readonly who: string
  readonly may: 'READ' | 'WRITE' | 'DESCRIBE' | 'IDEMPOTENT_WRITE'
  readonly topic?: string
  readonly group?: string
}

export async function allow(admin: Admin, ...rights: readonly Right[]): Promise<void> {
  await admin.createAcls({ acl: rights.map(entryOf) })
}

export async function forbid(admin: Admin, ...rights: readonly Right[]): Promise<void> {
  await admin.deleteAcls({ filters: rights.map(entryOf) })
}

const entryOf = ({ who, may, topic, group }: Right) => ({
  resourceType: group === undefined ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
  resourceName: group ?? topic!,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: `User:${who}`,
  host: '*',
  operation: AclOperationTypes[may],
  permissionType: AclPermissionTypes.ALLOW,
})
