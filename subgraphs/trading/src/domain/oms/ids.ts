/** Ids that follow from others, so that whoever repeats a command gives the same ones. */

const TAIL_DIGITS = 12;
const TAIL_END = 2 ** 48;

/** The uuid `step` places after another: its last 48 bits count on. */
export function idAfter(id: string, step: number): string {
  const tail = (parseInt(id.slice(-TAIL_DIGITS), 16) + step) % TAIL_END;
  return id.slice(0, -TAIL_DIGITS) + tail.toString(16).padStart(TAIL_DIGITS, '0');
}
