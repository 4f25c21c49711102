import { describe, expect, it } from 'vitest';
import { BLACK_TIERS, isBlackTier, personaFor } from './persona.ts';

describe('personaFor', () => {
  it.each([
    ['ONYX', 'STERLING'],
    ['OBSIDIAN', 'PRISM'],
    ['VOID', 'NEXUS'],
  ] as const)('%s is served by %s, who knows the codename', (tier, name) => {
    const persona = personaFor(tier, 'Night-Heron');
    expect(persona.name).toBe(name);
    expect(persona.greeting).toContain('Night-Heron');
  });

  it('gives no two tiers the same words', () => {
    const all = BLACK_TIERS.map((tier) => personaFor(tier, 'Night-Heron'));
    for (const word of ['name', 'title', 'greeting', 'description'] as const) {
      expect(new Set(all.map((persona) => persona[word])).size).toBe(BLACK_TIERS.length);
    }
  });
});

describe('isBlackTier', () => {
  it('knows three', () => {
    const tiers = ['LITE', 'PRO', 'ELITE', 'ONYX', 'OBSIDIAN', 'VOID', 'void', ''];
    expect(tiers.filter(isBlackTier)).toEqual(['ONYX', 'OBSIDIAN', 'VOID']);
  });
});
