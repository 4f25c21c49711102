/**
 * How a plausible Indian equity market moves: each instrument's return is one common, one sector and one own shock,
 * every shock with volatility that clusters. Floats live here and in what is built on it; prices leave as bigint.
 */
import { listingOf, type InstrumentKind } from './instrument.ts';
import { createRandom, type Random } from './random.ts';

/** Seconds in a session (09:15 to 15:30) and in a year of 252 sessions: the scale of annual volatility. */
export const SESSION_S = 22_500;
export const YEAR_S = 252 * SESSION_S;

export interface ModelInstrument {
  readonly symbol: string;
  readonly sector?: string | null;
  readonly kind?: InstrumentKind;
}

export interface Mover {
  /** Standard deviation of the log return over a year. */
  readonly annualVolatility: number;
  /** The log return over the last `advance`. */
  change: number;
}

const STOCK_VOLATILITY_MIN = 0.15;
const STOCK_VOLATILITY_MAX = 0.45;
const INDEX_VOLATILITY = 0.13;
const SECTOR_INDEX_VOLATILITY = 0.17;

export class MarketModel {
  readonly movers: readonly Mover[];
  readonly #market: Shock;
  readonly #sectors: readonly Shock[];
  readonly #parts: readonly Part[];

  /** `persistenceS`: trading seconds over which a burst of volatility fades to 1/e. */
  constructor(
    seed: string,
    instruments: readonly ModelInstrument[],
    readonly persistenceS: number,
  ) {
    const sectors = new Map<string, Shock>();
    this.#market = new Shock(createRandom(`${seed}/market`));
    // A stream of its own for each name: adding an instrument leaves the path of every other as it was, and the
    // listings of one company on two exchanges move as one.
    this.#parts = instruments.map(({ symbol, sector, kind }) => {
      const name = sector ?? 'none';
      const shared = sectors.get(name) ?? new Shock(createRandom(`${seed}/sector/${name}`));
      sectors.set(name, shared);
      const random = createRandom(`${seed}/company/${listingOf(symbol)}`);
      return { sector: shared, own: new Shock(random), ...partOf(random, kind ?? 'EQUITY', sector) };
    });
    this.#sectors = [...sectors.values()];
    this.movers = this.#parts.map(({ mover }) => mover);
  }

  /** Moves the whole market by `durationS` trading seconds; each mover's `change` is its log return. */
  advance(durationS: number): void {
    const persistence = Math.exp(-durationS / this.persistenceS);
    const scale = Math.sqrt(durationS / YEAR_S);
    this.#market.advance(persistence);
    for (const sector of this.#sectors) sector.advance(persistence);
    for (const part of this.#parts) {
      part.own.advance(persistence);
      const unit =
        part.market * this.#market.value + part.shared * part.sector.value + part.alone * part.own.value;
      part.mover.change = part.mover.annualVolatility * scale * unit;
    }
  }
}

interface Part {
  readonly sector: Shock;
  readonly own: Shock;
  readonly mover: Mover;
  /** Weights whose squares add up to one, so that the volatility of the sum is the instrument's own. */
  readonly market: number;
  readonly shared: number;
  readonly alone: number;
}

function partOf(
  random: Random,
  kind: InstrumentKind,
  sector: string | null | undefined,
): Omit<Part, 'sector' | 'own'> {
  if (kind !== 'EQUITY') {
    // An index, and a fund on it, averages its members' own shocks away; one of a single sector keeps that sector's.
    return weighed(
      sector ? SECTOR_INDEX_VOLATILITY : INDEX_VOLATILITY,
      sector ? 0.68 : 0.98,
      sector ? 0.3 : 0,
    );
  }
  const span = STOCK_VOLATILITY_MAX - STOCK_VOLATILITY_MIN;
  const annualVolatility = STOCK_VOLATILITY_MIN + span * random.uniform();
  return weighed(annualVolatility, 0.2 + 0.2 * random.uniform(), 0.1 + 0.1 * random.uniform());
}

function weighed(annualVolatility: number, market: number, shared: number): Omit<Part, 'sector' | 'own'> {
  return {
    mover: { annualVolatility, change: 0 },
    market: Math.sqrt(market),
    shared: Math.sqrt(shared),
    alone: Math.sqrt(1 - market - shared),
  };
}

/**
 * Shocks of variance one on average whose variance follows GARCH(1,1): h' = (1 - p) + a e^2 + (p - a) h.
 * The weight `a` grows with the length of the step as sqrt(0.2 (1 - p^2)), which keeps the fourth moment finite and
 * the kurtosis at 5 whatever the step: 3 (1 - p^2) / (1 - p^2 - 2 a^2) (Bollerslev, 1986).
 */
class Shock {
  value = 0;
  #variance = 1;

  constructor(private readonly random: Random) {}

  advance(persistence: number): void {
    const reaction = Math.min(persistence, Math.sqrt(0.2 * (1 - persistence * persistence)));
    this.value = Math.sqrt(this.#variance) * this.random.normal();
    this.#variance =
      1 - persistence + reaction * this.value * this.value + (persistence - reaction) * this.#variance;
  }
}
