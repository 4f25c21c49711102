import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codenameKey, isCodename } from './codename.ts';

describe('isCodename', () => {
  it.each(['Owl', 'Night-Heron', 'a1b', 'A-1-b', 'X'.repeat(24), 'Voids', 'sterling-silver'])(
    'takes %s',
    (codename) => expect(isCodename(codename)).toBe(true),
  );

  it.each([
    ['too short', 'Ow'],
    ['too long', 'X'.repeat(25)],
    ['empty', ''],
    ['beginning with a digit', '7owl'],
    ['beginning with a hyphen', '-owl'],
    ['ending with a hyphen', 'owl-'],
    ['with two hyphens in a row', 'night--owl'],
    ['with a blank', 'night owl'],
    ['with a blank around', ' owl'],
    ['with a line end', 'owl\n'],
    ['with an underscore', 'night_owl'],
    ['with a letter that only looks Latin', 'оwl-night'],
    ['with an accent', 'hibou-é'],
    ['reserved', 'sterling'],
    ['reserved, in any case', 'NeXuS'],
  ])('refuses one %s: %j', (_, codename) => expect(isCodename(codename)).toBe(false));

  it('takes no name with any other character in it', () => {
    const other = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 3 })
      .filter((text) => /[^A-Za-z0-9-]/.test(text));
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{2,10}$/), fc.nat(), other, (name, at, foreign) => {
        const place = at % (name.length + 1);
        expect(isCodename(name.slice(0, place) + foreign + name.slice(place))).toBe(false);
      }),
    );
  });

  it('decides the same for all spellings of one key', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9-]{1,26}$/), (text) => {
        expect(isCodename(codenameKey(text))).toBe(isCodename(text));
      }),
    );
  });
});
