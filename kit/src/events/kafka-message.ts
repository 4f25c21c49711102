/**
 * Events as messages of Kafka. A stream (a Kafka topic) holds the events of one domain, `orders.created` and
 * `orders.executed` alike, and its partitions go by user: so what is one user's, and what is one order's, stays in order.
 */
import type { Topic } from '@gridworks/schema/events';
import type { KafkaMessage } from 'kafkajs';
import type { LoggedEvent, Place } from './log.ts';

interface NewMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** The stream of a topic under the prefix of this graph. */
export function streamOf(prefix: string, topic: Topic): string {
  return `${prefix}.${topic.slice(0, topic.indexOf('.'))}`;
}

export function toMessage({ xid, pos, id, topic, key, tenantId, at, payload }: LoggedEvent): NewMessage {
  return {
    key: 'userId' in payload ? payload.userId : key,
    value: JSON.stringify(payload),
    headers: {
      id,
      topic,
      key,
      at: at.toISOString(),
      place: `${xid}:${pos}`,
      ...(tenantId === null ? {} : { tenant: tenantId }),
    },
  };
}

/** Throws when the message is none of ours. */
export function fromMessage({ value, headers = {} }: Pick<KafkaMessage, 'value' | 'headers'>): LoggedEvent {
  const read = (name: string): string => {
    const header = headers[name];
    if (header === undefined) throw new Error(`a message has no header "${name}"`);
    return String(header);
  };
  const [xid = '', pos = ''] = read('place').split(':');
  return {
    xid,
    pos: BigInt(pos),
    id: read('id'),
    topic: read('topic'),
    key: read('key'),
    tenantId: headers['tenant'] === undefined ? null : read('tenant'),
    at: new Date(read('at')),
    payload: JSON.parse(String(value)) as unknown,
  } as LoggedEvent;
}

export function isAfter(event: Place, mark: Place): boolean {
  const [xid, markXid] = [BigInt(event.xid), BigInt(mark.xid)];
  return xid > markXid || (xid === markXid && event.pos > mark.pos);
}
