// What each event is to a person: how severe, and in which words. The only place for words about events; who says them (slot and
// process id) stands in front of each line. A rebalance is no error.

import { isOfSasl, isOfTls, isOfToken, told } from '../events/error-words.ts'
import type { EventName, Events, Level } from '../events/events.ts'
import { asSentence } from '../lib/sentence.ts'
import {
  again,
  at,
  count,
  FOLLOWS,
  had,
  list,
  positions,
  quieted,
  resetTo,
  type Sentence,
  seconds,
  tally,
} from './phrases.ts'
import { ofRunner } from './runner-sentences.ts'

export type { Sentence } from './phrases.ts'

const ofEngine = {
  'broker.unreachable': {
    level: 'warn',
    say: ({ broker, error, waitingMs }) =>
      isOfTls(error)
        ? `No secure connection to the broker ${broker}: ${asSentence(error.message)}`
        : isOfSasl(error)
          ? `Not let in any more: ${asSentence(error.message)} Trying on.`
          : isOfToken(error)
            ? `Not let in by the broker ${broker}: ${asSentence(error.message)} Trying on.`
            : `No answer from the broker ${broker} for ${seconds(waitingMs)} (option brokers): ${asSentence(told(error))} Trying on.`,
  },
  'producer.renewed': { level: 'warn', say: ({ why }) => `The producer begins anew, under another id: ${why}.` },
  'producer.plain': {
    level: 'warn',
    say: ({ error }) =>
      `Produces without idempotence: ${told(error)}. What is sent again because an answer was lost may be stored twice.`,
  },
  'broker.reachable': { level: 'info', say: ({ afterMs }) => `The brokers answer again after ${seconds(afterMs)}.` },
  'topic.missing': {
    level: 'warn',
    say: ({ topic }) => `The topic ${topic} does not exist, and is not created by accident. Waiting for it.`,
  },
  'topic.created': {
    level: 'info',
    say: ({ topic, partitions }) => `The topic ${topic} is created, with ${count(partitions, 'partition')}.`,
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

const ofWorker = {
  'worker.started': { level: 'debug', say: ({ consumer, groupId }) => `Runs ${consumer} in the group ${groupId}.` },
  'worker.stopping': {
    level: 'info',
    say: ({ reason, graceMs }) => asSentence(`Stops within ${seconds(graceMs)}: ${reason}`),
  },
  'worker.stopped': {
    level: ({ clean }) => (clean ? 'info' : 'warn'),
    say: ({ clean }) => (clean ? 'Has stopped.' : 'Has stopped, and gave up something that it had in hand.'),
  },
  'worker.failed': { level: 'error', say: ({ error }) => `Failed: ${told(error)}` },
} satisfies Partial<{ [N in EventName]: Sentence<N> }>

const ofPrimary = {
  'primary.started': {
    level: 'info',
    say: ({ version, consumer, workers, groupId, brokers, files }) =>
      `racecar ${version} runs ${consumer} ${
        workers === 0 ? 'in this process' : `in ${count(workers, 'worker')}`
      }, group ${groupId}, brokers ${brokers.join(', ')}, ${files.length > 0 ? files.join(', ') : 'no configuration file'}.`,
  },
  'primary.stopping': {
    level: 'info',
    say: ({ reason, graceMs }) => asSentence(`Stops within ${seconds(graceMs)}: ${reason}`),
  },
  'primary.quiet': {
    level: 'info',
    say: ({ by, ...which }) =>
      `Quiet, asked by ${by}: no further message of ${quieted(which)} is started until told to go on.`,
  },
  'primary.continued': { level: 'info', say: ({ by, ...which }) => `Goes on with ${quieted(which)}, asked by ${by}.` },
  'primary.scaled': {
    level: 'info',
    say: ({ by, consumer, from, to }) =>
      from === to
        ? `${consumer} stays at ${count(to, 'worker')} (asked by ${by}).`
        : `${consumer}: ${to} ${to === 1 ? 'worker' : 'workers'} instead of ${from}, asked by ${by}.`,
  },
  'primary.stopped': {
    level: ({ exitCode }) => (exitCode === 0 ? 'info' : 'error'),
    say: ({ exitCode, why }) =>
      exitCode === 0 ? 'Has stopped.' : asSentence(`Ends with exit code ${exitCode}: ${why}`),
  },
  'slot.forked': {
    level: 'info',
    say: ({ slot, pid, restarts, beside }) =>
      `${slot} is forked as ${pid}${restarts > 0 ? `, replacement number ${restarts}` : ''}${beside ? ', beside the one that it is to replace' : ''}.`,
  },
  'slot.up': { level: 'info', say: ({ slot, pid, afterMs }) => `${slot} (${pid}) is up after ${seconds(afterMs)}.` },
  'slot.exited': {
    level: ({ code }) => (code === 0 ? 'info' : 'warn'),
    say: ({ slot, pid, why, last }) => `${asSentence(`${slot} (${pid}) ${why}`)}${last ? ` ${had(last)}` : ''}`,
  },
  'slot.recycling': {
    level: 'info',
    say: ({ slot, pid, reason }) => `${slot} (${pid}) is to stop, and to be replaced: ${reason}.`,
  },
  'slot.ready': {
    level: 'info',
    say: ({ slot, pid, afterMs }) =>
      `${slot} (${pid}) is ready after ${seconds(afterMs)}, and waits for the place of the one before.`,
  },
  'restart.begun': {
    level: 'info',
    say: ({ by, slots }) => `Restart, asked for by ${by}: ${count(slots, 'worker')}, one after another.`,
  },
  'restart.done': {
    level: 'info',
    say: ({ replaced, tookMs }) => `Restart done: ${count(replaced, 'worker')} replaced in ${seconds(tookMs)}.`,
  },
  'restart.failed': {
    level: 'error',
    say: ({ slot, replaced, left, why }) =>
      slot === null
        ? asSentence(`No restart, all workers go on as they are: ${why}`)
        : `${asSentence(`The restart ends here: the new process of ${slot} ${why}`)} ${replaced} replaced; ${count(left, 'worker goes', 'workers go')} on as before.`,
  },
  'slot.restarting': {
    level: 'warn',
    say: ({ slot, inMs, crashes }) =>
      `${slot} is replaced ${inMs === 0 ? 'at once' : `in ${seconds(inMs)}`} (${count(crashes, 'crash', 'crashes')} in a row).`,
  },
  'slot.given.up': {
    level: 'error',
    say: ({ slot, crashes, withinMs }) =>
      `${slot} is given up: ${count(crashes, 'crash', 'crashes')} within ${seconds(withinMs)}.`,
  },
  'slot.hung': {
    level: 'error',
    say: ({ slot, pid, limitMs, last }) =>
      `${slot} (${pid}) has not answered for ${seconds(last.agoMs)}, longer than hang_timeout (${seconds(limitMs)}): its event loop is blocked, or it was stopped. ${had(last)}`,
  },
  'message.convicted': {
    level: 'error',
    say: ({ consumer, offset, crashes, whys, follows, ...of }) =>
      `${at(of)}@${offset} ends its workers: ${crashes} of ${consumer} (${tally(whys)}), the last one with nothing else in hand. ${FOLLOWS[follows](at(of))}`,
  },
  'partition.stopped': {
    level: 'error',
    say: ({ consumer, offset, crashes, why, forMs, ...of }) =>
      `${asSentence(`${at(of)} of ${consumer} has stood before ${offset} for ${seconds(forMs)}: that message has ended ${count(crashes, 'worker')}, the last one ${why}`)} ${again(at(of))}`,
  },
  'message.pardoned': {
    level: 'info',
    say: ({ consumer, offset, by, ...of }) => `${at(of)}@${offset} of ${consumer} is tried again, asked by ${by}.`,
  },
  'slot.killed': { level: 'warn', say: ({ slot, pid, why }) => `${slot} (${pid}) is killed: ${why}.` },
  'slot.renamed': {
    level: 'warn',
    say: ({ slot, was, instanceId }) =>
      `${slot} goes on as ${instanceId}: another process uses the group.instance.id ${was}.`,
  },
  'orphans.awaited': {
    level: 'warn',
    say: ({ pids, graceMs }) =>
      `Waits, for ${seconds(graceMs)} at most, until the workers of an earlier racecar have drained: ${pids.join(', ')}.`,
  },
  'orphan.killed': {
    level: 'warn',
    say: ({ pid }) => `${pid}, a worker of an earlier racecar, is killed: it has not drained in time.`,
  },
  'orphans.evicted': {
    level: 'info',
    say: ({ groupId, instanceIds }) =>
      `Took ${count(instanceIds.length, 'dead member')} of an earlier racecar out of the group ${groupId}: ${instanceIds.join(', ')}.`,
  },
} satisfies Partial<{ [N in EventName]: Sentence<N> }>

export const sentences: { readonly [N in EventName]: Sentence<N> } = {
  line: {
    level: ({ level }) => level,
    say: ({ message, from }) => (from === 'kafka' ? `kafka: ${message}` : message),
  },
  ...ofEngine,
  ...ofRunner,
  ...ofWorker,
  ...ofPrimary,
}

export function levelOf<N extends EventName>(name: N, data: Events[N]): Level {
  const { level } = sentences[name] as Sentence<N>
  return typeof level === 'function' ? level(data) : level
}
