/** The rules of enrolling, joining and returning, each a ladder in fixed order: cheap checks first, the proof last. */
import { DAY_MS, istDate, istMidnight } from '@gridworks/kit/time';
import { refuse, type Refusal } from '@gridworks/kit/refusal';
import { isCodename } from './codename.ts';
import { isBlackTier, type BlackTier } from './persona.ts';

export const BUTLER_REFUSALS = {
  TIER_NOT_ELIGIBLE: 'Only users of the tiers ONYX, OBSIDIAN and VOID may enrol.',
  COMMITMENT_INVALID: 'The commitment is not a field element other than 0, in decimal digits.',
  ALREADY_ENROLLED: 'You have used your enrolment in this tier.',
  COMMITMENT_TAKEN: 'This commitment is in a group already; make a new identity.',
  GROUP_FULL: 'The group of this tier has no room left.',
  CODENAME_INVALID:
    'A codename has 3 to 24 letters, digits or hyphens, begins with a letter, and is not one of the reserved names.',
  PROOF_MALFORMED: 'The proof or its public signals do not have the form that the circuit declares.',
  SCOPE_WRONG: 'The proof is for another scope than that of membership.',
  GROUP_UNKNOWN: 'The proof is not for a recent root of the group of this tier.',
  MESSAGE_MISMATCH: 'The proof is about something else than this request.',
  NULLIFIER_REUSED: 'This identity has joined already.',
  CHALLENGE_UNKNOWN: 'The challenge is not ours, has expired or was used.',
  MEMBER_UNKNOWN: 'This identity has not joined.',
  PROOF_INVALID: 'The proof does not hold.',
  CODENAME_TAKEN: 'Another member has this codename.',
} as const;
export type ButlerRefusalCode = keyof typeof BUTLER_REFUSALS;
export type ButlerRefusal = Refusal<ButlerRefusalCode>;

/**
 * The epoch of the membership scope. The next epoch would give every identity a fresh nullifier, and so a second
 * membership: it is for starting the tiers over.
 */
export const MEMBERSHIP_EPOCH = 1;

/** A root counts for as many enrolments after it, so that somebody else's does not spoil a proof being made. */
export const RECENT_ROOTS = 256;

/** The public signals of a membership proof: canonical decimal digits, each below the field's order. */
export interface Signals {
  readonly root: string;
  readonly nullifier: string;
  readonly scope: string;
  readonly message: string;
}

/** A proof as far as its form goes. */
export interface Claim {
  readonly proof: object;
  readonly signals: Signals;
}

export interface JoinFacts {
  /** The scope and the message the proof must be for. */
  readonly scope: string;
  readonly message: string;
  /** Whether the proof's root is a recent one of the group of the tier asked for. */
  readonly rootIsKnown: boolean;
  readonly nullifierIsUsed: boolean;
}

export interface ReturnFacts {
  readonly scope: string;
  readonly message: string;
  readonly challengeIsOpen: boolean;
  readonly memberIsKnown: boolean;
  /** Whether the proof's root is a recent one of the group of the member's tier. */
  readonly rootIsKnown: boolean;
}

/** Who may enrol with what; whether they have, and whether the group has room, is the store's to say. */
export function checkEnrolment(
  tier: string,
  commitment: string | undefined,
): { readonly tier: BlackTier; readonly commitment: string } | ButlerRefusal {
  if (!isBlackTier(tier)) return no('TIER_NOT_ELIGIBLE');
  if (commitment === undefined) return no('COMMITMENT_INVALID', 'commitment');
  return { tier, commitment };
}

/** The form of a request to join: its first two rungs. */
export function readJoin(
  codename: string,
  proof: object | undefined,
  signals: Signals | undefined,
): Claim | ButlerRefusal {
  return isCodename(codename) ? readClaim(proof, signals) : no('CODENAME_INVALID', 'codename');
}

export function readClaim(proof: object | undefined, signals: Signals | undefined): Claim | ButlerRefusal {
  if (!proof) return no('PROOF_MALFORMED', 'proof');
  if (!signals) return no('PROOF_MALFORMED', 'publicSignals');
  return { proof, signals };
}

/** What a claim to join must be about; whether the proof holds comes after, and whether the codename is free last. */
export function checkJoin(signals: Signals, facts: JoinFacts): ButlerRefusal | undefined {
  if (signals.scope !== facts.scope) return no('SCOPE_WRONG', 'publicSignals');
  if (!facts.rootIsKnown) return no('GROUP_UNKNOWN', 'publicSignals');
  if (signals.message !== facts.message) return no('MESSAGE_MISMATCH', 'publicSignals');
  if (facts.nullifierIsUsed) return no('NULLIFIER_REUSED', 'publicSignals');
  return undefined;
}

/** What a claim to return must be about; whether the proof holds comes after. */
export function checkReturn(signals: Signals, facts: ReturnFacts): ButlerRefusal | undefined {
  if (signals.scope !== facts.scope) return no('SCOPE_WRONG', 'publicSignals');
  if (!facts.challengeIsOpen) return no('CHALLENGE_UNKNOWN', 'challenge');
  if (signals.message !== facts.message) return no('MESSAGE_MISMATCH', 'publicSignals');
  if (!facts.memberIsKnown) return no('MEMBER_UNKNOWN', 'publicSignals');
  if (!facts.rootIsKnown) return no('GROUP_UNKNOWN', 'publicSignals');
  return undefined;
}

/** The Monday of the week, by India's calendar, as `YYYY-MM-DD`: all that is kept of when a member joined. */
export function weekOf(instantMs: number): string {
  const today = istMidnight(istDate(instantMs));
  // The first day of the epoch, as a date, was a Thursday: three days after a Monday.
  const daysAfterMonday = ((Math.round((today - istMidnight('1970-01-01')) / DAY_MS) % 7) + 10) % 7;
  return istDate(today - daysAfterMonday * DAY_MS);
}

type Field = 'commitment' | 'codename' | 'proof' | 'publicSignals' | 'challenge';

/** A refusal of this domain with its standard sentence, about one field of the input or about none. */
export function no(code: ButlerRefusalCode, field?: Field): ButlerRefusal {
  return refuse(code, BUTLER_REFUSALS[code], field ? ['input', field] : []);
}
