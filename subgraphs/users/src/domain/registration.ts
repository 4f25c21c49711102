/** The rules of signing up, as a ladder in fixed order. */
import { refuse, type Refusal } from '@gridworks/kit/refusal';

export const USERS_REFUSALS = {
  TENANT_UNKNOWN: 'There is no tenant of this name.',
  EMAIL_INVALID: 'The e-mail address is not one.',
  DISPLAY_NAME_INVALID: 'The display name is empty or longer than 80 characters.',
  PASSWORD_WEAK:
    'The password has fewer than 10 or more than 200 characters, or contains the e-mail address.',
  EMAIL_TAKEN: 'This tenant already has a user of this e-mail address.',
  CREDENTIALS_WRONG: 'Tenant, e-mail address and password do not belong together.',
} as const;
export type UsersRefusalCode = keyof typeof USERS_REFUSALS;
export type UsersRefusal = Refusal<UsersRefusalCode>;

export interface Registration {
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
}

const EMAIL = /^[^\s@"(),:;<>[\\\]]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/;
const EMAIL_LENGTH_MAX = 254;
const DISPLAY_NAME_LENGTH_MAX = 80;
const PASSWORD_LENGTH_MIN = 10;
const PASSWORD_LENGTH_MAX = 200;

/** One spelling for one mailbox: trimmed and lower-cased. */
export function normaliseEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** The registration as it will be kept, or the first rule it breaks. Whether tenant and e-mail exist is the store's to say. */
export function checkRegistration(input: Registration): Registration | UsersRefusal {
  const email = normaliseEmail(input.email);
  const displayName = input.displayName.trim();
  if (email.length > EMAIL_LENGTH_MAX || !EMAIL.test(email)) return no('EMAIL_INVALID', 'email');
  if (displayName.length === 0 || displayName.length > DISPLAY_NAME_LENGTH_MAX) {
    return no('DISPLAY_NAME_INVALID', 'displayName');
  }
  const { length } = input.password;
  if (
    length < PASSWORD_LENGTH_MIN ||
    length > PASSWORD_LENGTH_MAX ||
    input.password.toLowerCase().includes(email)
  ) {
    return no('PASSWORD_WEAK', 'password');
  }
  return { ...input, email, displayName };
}

/** A refusal of this domain with its standard sentence, about one field of the input or about none. */
export function no(code: UsersRefusalCode, field?: keyof Registration): UsersRefusal {
  return refuse(code, USERS_REFUSALS[code], field ? ['input', field] : []);
}
