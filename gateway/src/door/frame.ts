/**
 * Text messages whose end is the same for all clients, as frames of RFC 6455 from a server. `ws` would copy each text, put
 * a head of its own before it and hand both to the socket as a list, which is a fifth of what a delivery costs.
 *
 * Frames may be written beside those of `ws`, because it writes each of its own whole and at once: that holds as long as
 * messages are not compressed, which the door never offers.
 */
import type { Duplex } from 'node:stream';

/** Up to here a copy is cheaper than a second write; it is what Node's pool of buffers serves. */
const COPIED_BYTES_MAX = 4_000;
const HEAD_BYTES_MAX = 10;

const FINAL_TEXT = 0x81;
const LENGTH_16_BITS = 126;
const LENGTH_64_BITS = 127;

/** Writes one message: `start`, which must be ASCII, and `end`. */
export function writeText(stream: Duplex, start: string, end: Buffer): void {
  const length = start.length + end.length;
  if (length <= COPIED_BYTES_MAX) {
    const frame = Buffer.allocUnsafe(length + (length < LENGTH_16_BITS ? 2 : 4));
    const at = writeHead(frame, length);
    frame.write(start, at, 'latin1');
    frame.set(end, at + start.length);
    stream.write(frame);
    return;
  }
  const head = Buffer.allocUnsafe(HEAD_BYTES_MAX + start.length);
  const at = writeHead(head, length);
  head.write(start, at, 'latin1');
  stream.cork();
  stream.write(head.subarray(0, at + start.length));
  stream.write(end);
  stream.uncork();
}

/** Where the message begins. */
function writeHead(frame: Buffer, length: number): number {
  frame[0] = FINAL_TEXT;
  if (length < LENGTH_16_BITS) {
    frame[1] = length;
    return 2;
  }
  if (length < 65_536) {
    frame[1] = LENGTH_16_BITS;
    return frame.writeUInt16BE(length, 2);
  }
  frame[1] = LENGTH_64_BITS;
  frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
  return frame.writeUInt32BE(length % 2 ** 32, 6);
}
