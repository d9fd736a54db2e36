// What the engine's events are to a person: brokers, topics, the group, positions.

import type { EventName, Events } from '../events/events.ts'
import { at, count, list, positions, type Sentence, seconds, told } from './words.ts'

/** Offsets, because nobody knows how many of them held a message: transactions and compaction leave gaps. */
function resetTo({ from, to, skipped, start, end, ...of }: Events['offset.reset']): string {
  const edge = to === start ? 'start' : 'end'
  const why = from < start ? `${from} is not in it any more` : `${from} is beyond it`
  const way = skipped < 0 ? `back by ${count(-skipped, 'offset')}` : `${count(skipped, 'offset')} skipped`
  const past = to > start ? `, past ${end - start} that it holds` : ''
  return `${at(of)} goes on at ${to}, the ${edge} of its log: ${why}, it reaches from ${start} to ${end} (${way}${past}).`
}

export const ofEngine = {
  'broker.unreachable': {
    level: 'warn',
    say: ({ broker, error, waitingMs }) =>
      `No answer from the broker ${broker} for ${seconds(waitingMs)} (option brokers): ${told(error)}. Trying on.`,
  },
  'broker.reachable': { level: 'info', say: ({ afterMs }) => `The brokers answer again after ${seconds(afterMs)}.` },
  'topic.missing': {
    level: 'warn',
    say: ({ topic }) => `The topic ${topic} does not exist, and is not created by accident. Waiting for it.`,
  },
  'topic.remade': {
    level: 'warn',
    say: ({ topic }) => `The topic ${topic} was deleted and made again. Its partitions begin anew at their start.`,
  },
  'group.joining': { level: 'info', say: ({ groupId }) => `Joins the group ${groupId}.` },
  'group.joined': {
    level: 'info',
    say: ({ groupId, generation, partitions }) =>
      `Has ${count(partitions.length, 'partition')} in the group ${groupId}${
        partitions.length > 0 ? `: ${list(partitions)}` : ''
      } (generation ${generation}).`,
  },
  'group.rebalancing': { level: 'info', say: ({ groupId, reason }) => `The group ${groupId} rebalances: ${reason}.` },
  'group.shared': {
    level: 'warn',
    say: ({ groupId, members, topics }) =>
      `The group ${groupId} is shared with ${count(members.length, 'member')} of other topics: ${members.join(', ')} (${topics.join(', ')}). Each application needs a group_id of its own.`,
  },
  'group.crowded': {
    level: 'warn',
    say: ({ groupId, members, partitions }) =>
      `The group ${groupId} has ${count(members, 'member')} for ${count(partitions, 'partition')}: ${members - partitions} of them ${members - partitions === 1 ? 'has' : 'have'} nothing to do. Fewer workers, or more partitions, would do.`,
  },
  'group.left': { level: 'info', say: ({ groupId }) => `Has left the group ${groupId}.` },
  'group.lost': {
    level: 'warn',
    say: ({ groupId, reason, partitions }) =>
      `Is no longer a member of the group ${groupId}: ${reason}. Lost: ${list(partitions) || 'nothing'}.`,
  },
  'partitions.assigned': { level: 'info', say: ({ partitions }) => `Takes ${positions(partitions) || 'nothing'}.` },
  'partitions.revoked': { level: 'info', say: ({ partitions }) => `Gives up ${list(partitions) || 'nothing'}.` },
  'offset.reset': {
    // Deleted is deleted; but what is there and left out is somebody's decision.
    level: ({ to, start }) => (to > start ? 'error' : 'warn'),
    say: resetTo,
  },
  'offsets.absent': {
    level: 'info',
    say: ({ partitions, edge }) =>
      `The group has no committed offset of ${list(partitions)}: begins at the ${edge} of ${partitions.length === 1 ? 'the log' : 'their logs'}.`,
  },
  'offsets.committed': { level: 'debug', say: ({ offsets }) => `Committed ${positions(offsets)}.` },
  'commit.failed': {
    level: 'warn',
    say: ({ error, offsets }) => `Could not commit ${positions(offsets)}: ${told(error)}`,
  },
  'fetch.failed': {
    level: ({ unreadable }) => (unreadable ? 'error' : 'warn'),
    say: ({ error, unreadable, ...of }) =>
      unreadable
        ? `${at(of)} stands at ${of.offset}, which cannot be read: ${told(error)}. It is fetched again and again, never skipped.`
        : `Could not fetch from ${at(of)} at ${of.offset}: ${told(error)}`,
  },
} satisfies Partial<{ [N in EventName]: Sentence<N> }>
