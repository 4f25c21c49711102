import { isRefusal } from '@gridworks/kit/refusal';
import { describe, expect, it } from 'vitest';
import { checkRegistration, type Registration } from './registration.ts';

const good: Registration = {
  tenant: 'gridworks',
  email: ' Asha@Example.in ',
  password: 'correct horse battery',
  displayName: '  Asha Rao ',
};

describe('checkRegistration', () => {
  it('keeps one spelling of the e-mail address and trims the name', () => {
    expect(checkRegistration(good)).toEqual({ ...good, email: 'asha@example.in', displayName: 'Asha Rao' });
  });

  const rungs: [string, Partial<Registration>, string[]][] = [
    ['EMAIL_INVALID', { email: 'asha.example.in' }, ['input', 'email']],
    ['EMAIL_INVALID', { email: `${'a'.repeat(250)}@example.in` }, ['input', 'email']],
    ['DISPLAY_NAME_INVALID', { displayName: '   ' }, ['input', 'displayName']],
    ['DISPLAY_NAME_INVALID', { displayName: 'x'.repeat(81) }, ['input', 'displayName']],
    ['PASSWORD_WEAK', { password: 'short' }, ['input', 'password']],
    ['PASSWORD_WEAK', { password: 'x'.repeat(201) }, ['input', 'password']],
    ['PASSWORD_WEAK', { password: 'my asha@example.in' }, ['input', 'password']],
  ];
  it.each(rungs)('refuses with %s: %j', (code, wrong, path) => {
    expect(checkRegistration({ ...good, ...wrong })).toMatchObject({ code, path });
  });

  it('names the first broken rule when several are broken', () => {
    const result = checkRegistration({ ...good, email: 'no', displayName: '', password: '' });
    expect(isRefusal(result) && result.code).toBe('EMAIL_INVALID');
  });
});
