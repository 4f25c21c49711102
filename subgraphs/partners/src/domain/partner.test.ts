import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import {
  APPS_MAX,
  LIVE_KEYS_MAX,
  SCOPES,
  checkName,
  checkNewApp,
  checkNewKey,
  type PartnerStatus,
  type Scope,
} from './partner.ts';

const active = { status: 'ACTIVE' } as const;
const pending = { status: 'PENDING' } as const;
const suspended = { status: 'SUSPENDED' } as const;

describe('checkName', () => {
  it('trims the name, and folds it to tell equal names', () => {
    expect(checkName('  Fin  Stack ')).toEqual({ name: 'Fin  Stack', nameKey: 'fin stack' });
    expect(checkName('ＦｉｎＳtack')).toMatchObject({ nameKey: 'finstack' });
    expect(checkName('Cafe\u0301')).toEqual(checkName('CAFÉ'.toLowerCase().replace('c', 'C')));
  });

  it('takes the scripts of India', () => {
    expect(checkName('वित्त')).toMatchObject({ name: 'वित्त' });
    expect(checkName('நிதி 24')).toMatchObject({ name: 'நிதி 24' });
  });

  it.each([
    ['NAME_LENGTH_INVALID', ''],
    ['NAME_LENGTH_INVALID', '  x  '],
    ['NAME_LENGTH_INVALID', 'x'.repeat(61)],
    ['NAME_CHARACTERS_INVALID', 'Fin\u202eStack'],
    ['NAME_CHARACTERS_INVALID', 'Fin\u200bStack'],
    ['NAME_CHARACTERS_INVALID', 'Fin\nStack'],
    ['NAME_CHARACTERS_INVALID', '---'],
    ['NAME_RESERVED', 'GridWorks'],
    ['NAME_RESERVED', 'Team Grid-Works!'],
    ['NAME_RESERVED', 'ｇｒｉｄｗｏｒｋｓ support'],
  ])('refuses with %s: %j', (code, name) => {
    expect(checkName(name)).toMatchObject({ code, path: ['input', 'name'] });
  });

  it('counts characters, not code units', () => {
    expect(isRefusal(checkName('𝒜'.repeat(60)))).toBe(false);
    expect(checkName('𝒜'.repeat(61))).toMatchObject({ code: 'NAME_LENGTH_INVALID' });
  });

  it('names the first broken rule when several are broken', () => {
    expect(checkName(`\u200bgridworks${'-'.repeat(60)}`)).toMatchObject({ code: 'NAME_LENGTH_INVALID' });
    expect(checkName('grid\u200bworks')).toMatchObject({ code: 'NAME_CHARACTERS_INVALID' });
  });
});

describe('checkNewApp', () => {
  it('lets a partner set up apps while it waits for approval', () => {
    expect(checkNewApp(pending, ' One ', 0)).toEqual({ name: 'One', nameKey: 'one' });
    expect(checkNewApp(active, 'One', APPS_MAX - 1)).toMatchObject({ name: 'One' });
  });

  const rungs: [string, { status: PartnerStatus }, string, number, string[]][] = [
    ['PARTNER_SUSPENDED', suspended, '', APPS_MAX, ['input', 'partnerId']],
    ['NAME_LENGTH_INVALID', active, '', APPS_MAX, ['input', 'name']],
    ['APPS_TOO_MANY', active, 'One', APPS_MAX, []],
  ];
  it.each(rungs)('refuses with %s before what follows', (code, partner, name, apps, path) => {
    expect(checkNewApp(partner, name, apps)).toMatchObject({ code, path });
  });
});

describe('checkNewKey', () => {
  it('grants each scope once, in the order of the list', () => {
    expect(checkNewKey(active, ['usage:read', 'market:read', 'usage:read'], LIVE_KEYS_MAX - 1)).toEqual([
      'market:read',
      'usage:read',
    ]);
    expect(checkNewKey(active, SCOPES, 0)).toEqual(SCOPES);
  });

  it('grants nothing that is not in the list', () => {
    expect(checkNewKey(active, ['admin' as Scope], 0)).toMatchObject({ code: 'SCOPES_EMPTY' });
  });

  const rungs: [string, { status: PartnerStatus }, Scope[], number, string[]][] = [
    ['PARTNER_PENDING', pending, [], LIVE_KEYS_MAX, []],
    ['PARTNER_SUSPENDED', suspended, [], LIVE_KEYS_MAX, []],
    ['SCOPES_EMPTY', active, [], LIVE_KEYS_MAX, ['input', 'scopes']],
    ['KEYS_TOO_MANY', active, ['market:read'], LIVE_KEYS_MAX, ['input', 'appId']],
  ];
  it.each(rungs)('refuses with %s before what follows', (code, partner, scopes, liveKeys, path) => {
    expect(checkNewKey(partner, scopes, liveKeys)).toMatchObject({ code, path });
  });
});
