/**
 * Kite's postbacks: order updates that it posts to us, with a checksum that only it and we can make (Kite Connect v3,
 * "Postbacks"). A postback that is sent again says what was said before, and changes nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { OrderReport } from '../../domain/broker/order.ts';
import { readPostback } from './wire.ts';

export type PostbackFault = 'UNREADABLE' | 'CHECKSUM_WRONG';

/** What a postback tells, given its whole body; or why it is not to be believed. */
export function openPostback(body: string, apiSecret: string): OrderReport | PostbackFault {
  const postback = readPostback(body);
  if (!postback) return 'UNREADABLE';
  const expected = postbackChecksum(postback.signed, apiSecret);
  const given = Buffer.from(postback.checksum);
  const isGenuine = given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
  return isGenuine ? postback.report : 'CHECKSUM_WRONG';
}

/** SHA-256 in hexadecimal of the order's id, its timestamp and the secret, one after the other. */
export function postbackChecksum(idAndTimestamp: string, apiSecret: string): string {
  return createHash('sha256')
    .update(idAndTimestamp + apiSecret)
    .digest('hex');
}
