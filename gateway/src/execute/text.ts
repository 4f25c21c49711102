/** Strings as JSON. */

/** Up to here a look at each character is quicker than the general way. */
const SHORT = 48;

/** What `JSON.stringify` gives for a string. */
export function text(value: string): string {
  if (value.length > SHORT) return JSON.stringify(value);
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    // A quote, a backslash, a control character, or half a pair.
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(value);
  }
  return `"${value}"`;
}
