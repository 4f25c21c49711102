/** What a member may be called. */

// Plain ASCII: letters of other scripts that look alike would let one member pass for another.
const CODENAME = /^[A-Za-z](?:-?[A-Za-z0-9])*$/;
const LENGTH_MIN = 3;
const LENGTH_MAX = 24;

/** Names that would pass for the house, its personas or its tiers. */
const RESERVED: ReadonlySet<string> = new Set([
  'admin',
  'administrator',
  'anonymous',
  'butler',
  'concierge',
  'gridworks',
  'member',
  'nexus',
  'nobody',
  'null',
  'obsidian',
  'onyx',
  'operations',
  'operator',
  'prism',
  'root',
  'sterling',
  'support',
  'system',
  'undefined',
  'void',
]);

/** 3 to 24 ASCII letters, digits and single hyphens between them, beginning with a letter; not reserved. */
export function isCodename(text: string): boolean {
  return (
    text.length >= LENGTH_MIN &&
    text.length <= LENGTH_MAX &&
    CODENAME.test(text) &&
    !RESERVED.has(codenameKey(text))
  );
}

/** Codenames with one key are the same codename: case does not tell two members apart. */
export function codenameKey(codename: string): string {
  return codename.toLowerCase();
}
