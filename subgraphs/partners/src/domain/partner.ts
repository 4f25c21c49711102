/** Who may have which apps and keys, as ladders in fixed order. */
import { refuse, type Refusal } from '@gridworks/kit/refusal';

export const PARTNER_STATUSES = ['PENDING', 'ACTIVE', 'SUSPENDED'] as const;
export type PartnerStatus = (typeof PARTNER_STATUSES)[number];

/** What a key may be allowed to do; the list is closed. */
export const SCOPES = ['market:read', 'orders:read', 'orders:write', 'usage:read'] as const;
export type Scope = (typeof SCOPES)[number];

export const APPS_MAX = 10;
/** Keys of one app that are not revoked. */
export const LIVE_KEYS_MAX = 5;

export const PARTNERS_REFUSALS = {
  PARTNER_UNKNOWN: 'There is no such partner.',
  APP_UNKNOWN: 'There is no such app.',
  KEY_UNKNOWN: 'There is no such key.',
  PARTNER_PENDING: 'The partner is not approved yet; keys can be made once it is.',
  PARTNER_SUSPENDED: 'The partner is suspended.',
  NAME_LENGTH_INVALID: 'The name has fewer than 2 or more than 60 characters.',
  NAME_CHARACTERS_INVALID: 'The name holds characters that cannot be seen, or no letter and no digit.',
  NAME_RESERVED: 'The name would pass for the platform itself.',
  PARTNER_EXISTS: 'You have registered a partner already.',
  APPS_TOO_MANY: 'A partner has at most 10 apps.',
  NAME_TAKEN: 'The name is in use.',
  SCOPES_EMPTY: 'A key needs at least one scope.',
  KEYS_TOO_MANY: 'An app has at most 5 keys that are not revoked; revoke one first.',
} as const;
export type PartnersRefusalCode = keyof typeof PARTNERS_REFUSALS;
export type PartnersRefusal = Refusal<PartnersRefusalCode>;

/** A refusal of this domain with its standard sentence, about one field of the input or about none. */
export function no(code: PartnersRefusalCode, field?: string): PartnersRefusal {
  return refuse(code, PARTNERS_REFUSALS[code], field ? ['input', field] : []);
}

/** A name as it is kept, and the spelling by which two names are the same. */
export interface Name {
  readonly name: string;
  readonly nameKey: string;
}

const NAME_LENGTH_MIN = 2;
const NAME_LENGTH_MAX = 60;
// Controls, format characters (direction overrides, zero widths), lone surrogates, private use, line separators.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const OURS = 'gridworks';

/** The name trimmed, or the first rule it breaks. Length counts characters, not code units. */
export function checkName(input: string): Name | PartnersRefusal {
  const name = input.normalize('NFC').trim();
  const length = [...name].length;
  if (length < NAME_LENGTH_MIN || length > NAME_LENGTH_MAX) return no('NAME_LENGTH_INVALID', 'name');
  if (UNSEEN.test(name) || !LETTER_OR_DIGIT.test(name)) return no('NAME_CHARACTERS_INVALID', 'name');
  const nameKey = nameKeyOf(name);
  if (nameKey.replace(/[^\p{L}\p{N}]/gu, '').includes(OURS)) return no('NAME_RESERVED', 'name');
  return { name, nameKey };
}

/** Full-width and other compatible letters, capitals and runs of spaces do not make another name. */
function nameKeyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** Whether a partner may have one more app. Whether the name is taken is the store's to say. */
export function checkNewApp(
  partner: { readonly status: PartnerStatus },
  name: string,
  apps: number,
): Name | PartnersRefusal {
  if (partner.status === 'SUSPENDED') return no('PARTNER_SUSPENDED', 'partnerId');
  const checked = checkName(name);
  if (!('nameKey' in checked)) return checked;
  if (apps >= APPS_MAX) return no('APPS_TOO_MANY');
  return checked;
}

/** The scopes of a new key, each once and in the order of the list; or the first rule that stands against the key. */
export function checkNewKey(
  partner: { readonly status: PartnerStatus },
  scopes: readonly Scope[],
  liveKeys: number,
): readonly Scope[] | PartnersRefusal {
  if (partner.status === 'PENDING') return no('PARTNER_PENDING');
  if (partner.status === 'SUSPENDED') return no('PARTNER_SUSPENDED');
  const wanted = SCOPES.filter((scope) => scopes.includes(scope));
  if (wanted.length === 0) return no('SCOPES_EMPTY', 'scopes');
  if (liveKeys >= LIVE_KEYS_MAX) return no('KEYS_TOO_MANY', 'appId');
  return wanted;
}
