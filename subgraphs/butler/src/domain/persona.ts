/** The degrees of the private tier, and who serves each. */

export const BLACK_TIERS = ['ONYX', 'OBSIDIAN', 'VOID'] as const;
export type BlackTier = (typeof BLACK_TIERS)[number];

export function isBlackTier(tier: string): tier is BlackTier {
  return (BLACK_TIERS as readonly string[]).includes(tier);
}

export type PersonaName = 'STERLING' | 'PRISM' | 'NEXUS';

export interface Persona {
  readonly name: PersonaName;
  /** What the persona is to the member. */
  readonly title: string;
  /** The first words to a member, codename included. */
  readonly greeting: string;
  /** Manner and reach, in a sentence. */
  readonly description: string;
}

interface Character extends Omit<Persona, 'greeting'> {
  readonly greet: (codename: string) => string;
}

const SERVES: Readonly<Record<BlackTier, Character>> = {
  ONYX: {
    name: 'STERLING',
    title: 'Gentleman’s butler',
    description: 'Formal and discreet: keeps the diary, the table and the portfolio in order.',
    greet: (codename) => `Good day, ${codename}. How may I be of service?`,
  },
  OBSIDIAN: {
    name: 'PRISM',
    title: 'Private strategist',
    description: 'Sees one question from many sides: weighs alternatives before one has to be chosen.',
    greet: (codename) => `${codename}, welcome. Which side shall we look at first?`,
  },
  VOID: {
    name: 'NEXUS',
    title: 'Silent coordinator',
    description: 'Says little and connects everything: what is asked is arranged, and by whom stays unsaid.',
    greet: (codename) => `${codename}. Ready.`,
  },
};

export function personaFor(tier: BlackTier, codename: string): Persona {
  const { name, title, description, greet } = SERVES[tier];
  return { name, title, description, greeting: greet(codename) };
}
