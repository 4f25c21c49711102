/**
 * Repeatable randomness: the generator sfc32 ("small fast counting", Chris Doty-Humphrey, PractRand), 128 bits of state,
 * seeded by text. The same seed gives the same numbers on every machine.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** Rounds that make the first outputs independent of how alike two seeds are, as the generator's author advises. */
const WARM_UP_ROUNDS = 15;

export function createRandom(seed: string): Random {
  let [a, b, c] = [hash(seed, 0), hash(seed, 1), hash(seed, 2)];
  let counter = 1;
  let spare: number | undefined;

  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  for (let round = 0; round < WARM_UP_ROUNDS; round++) next();

  function uniform(): number {
    return next() / 4_294_967_296;
  }

  return {
    uniform,
    // Box-Muller gives two at a time; 1 - uniform keeps the logarithm away from zero.
    normal() {
      if (spare !== undefined) {
        const kept = spare;
        spare = undefined;
        return kept;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** 32 bits of a text: FNV-1a, then the finaliser of MurmurHash3 so that every bit depends on every character. */
function hash(text: string, salt: number): number {
  let state = 0x811c9dc5 ^ salt;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) | 0;
}
