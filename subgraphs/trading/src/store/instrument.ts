/** Every query about instruments, holidays and corporate actions. They belong to no tenant. */
import type { Database, Sql } from '@gridworks/kit/db';
import type { Currency } from '@gridworks/kit/money';
import type { Exchange, Instrument, InstrumentKind } from '../domain/instrument.ts';

export interface InstrumentRow extends Instrument {
  readonly createdAt: Date;
}

export interface InstrumentFilter {
  readonly exchange?: Exchange | undefined;
  readonly kind?: InstrumentKind | undefined;
  /** Part of a symbol or name, in any case. */
  readonly text?: string | undefined;
}

export type CorporateActionKind = 'SPLIT_OR_BONUS' | 'DIVIDEND';

/** A change of shares that makes prices before `exDate` incomparable with later ones. */
export interface CorporateAction {
  readonly symbol: string;
  /** First day of trading after it, `YYYY-MM-DD`. */
  readonly exDate: string;
  readonly kind: CorporateActionKind;
  /** What earlier prices are multiplied by for what was paid out; 1 for none. */
  readonly priceFactor: string;
  /** What earlier prices are multiplied by for new shares: 0.2 for five in place of one; 1 for none. */
  readonly splitFactor: string;
  /** Where it was read. */
  readonly source: string;
}

export class InstrumentStore {
  constructor(private readonly db: Database) {}

  /** The known ones among `symbols`, in no particular order. */
  async bySymbols(symbols: readonly string[]): Promise<InstrumentRow[]> {
    return select(this.db.tenant, 'WHERE symbol = ANY ($1)', [symbols]);
  }

  /** Up to `limit` in order of symbol, after the given one. */
  async page(
    filter: InstrumentFilter,
    limit: number,
    after: string | undefined = undefined,
  ): Promise<InstrumentRow[]> {
    return select(
      this.db.tenant,
      `WHERE ($1::text IS NULL OR exchange::text = $1) AND ($2::text IS NULL OR kind::text = $2)
         AND ($3::text IS NULL OR strpos(lower(symbol), lower($3)) > 0 OR strpos(lower(name), lower($3)) > 0)
         AND ($4::text IS NULL OR symbol > $4)
       ORDER BY symbol LIMIT $5`,
      [filter.exchange ?? null, filter.kind ?? null, filter.text ?? null, after ?? null, limit],
    );
  }

  /** Every instrument there is, in order of symbol: for the exchange at its start. */
  async all(): Promise<InstrumentRow[]> {
    return select(this.db.system, 'ORDER BY symbol', []);
  }

  /** The days on which an exchange rests, in order. */
  async holidays(exchange: Exchange): Promise<string[]> {
    const { rows } = await this.db.system.query<{ date: string }>(
      `SELECT date::text FROM trading.holiday WHERE exchange = $1 ORDER BY date`,
      [exchange],
    );
    return rows.map(({ date }) => date);
  }

  /** In order of their first day. */
  async corporateActions(symbol: string): Promise<CorporateAction[]> {
    const { rows } = await this.db.system.query<{
      symbol: string;
      ex_date: string;
      kind: CorporateAction['kind'];
      price_factor: string;
      split_factor: string;
      source: string;
    }>(
      `SELECT symbol, ex_date::text, kind::text, price_factor::text, split_factor::text, source
         FROM trading.corporate_action WHERE symbol = $1 ORDER BY ex_date`,
      [symbol],
    );
    return rows.map((row) => ({
      symbol: row.symbol,
      exDate: row.ex_date,
      kind: row.kind,
      priceFactor: row.price_factor,
      splitFactor: row.split_factor,
      source: row.source,
    }));
  }
}

/** Adds instruments that are not known yet; returns the symbols of those that were added. */
export async function registerInstruments(tx: Sql, instruments: readonly Instrument[]): Promise<string[]> {
  const { rows } = await tx.query<{ symbol: string }>(
    `INSERT INTO trading.instrument
       (symbol, name, exchange, kind, isin, currency, sector, tick_size, lot_size, reference_price)
     SELECT each.symbol, each.name, each.exchange::trading.exchange, each.kind::trading.instrument_kind, each.isin,
            each.currency, each.sector, each.tick_size, each.lot_size, each.reference_price
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int8[],
                   $9::int4[], $10::int8[])
         AS each (symbol, name, exchange, kind, isin, currency, sector, tick_size, lot_size, reference_price)
     ON CONFLICT (symbol) DO NOTHING RETURNING symbol`,
    [
      instruments.map(({ symbol }) => symbol),
      instruments.map(({ name }) => name),
      instruments.map(({ exchange }) => exchange),
      instruments.map(({ kind }) => kind),
      instruments.map(({ isin }) => isin),
      instruments.map(({ currency }) => currency),
      instruments.map(({ sector }) => sector),
      instruments.map(({ tickSize }) => tickSize),
      instruments.map(({ lotSize }) => lotSize),
      instruments.map(({ referencePrice }) => referencePrice),
    ],
  );
  return rows.map(({ symbol }) => symbol);
}

/** Adds days of rest that are not known yet; returns how many were added. */
export async function recordHolidays(tx: Sql, exchange: Exchange, dates: readonly string[]): Promise<number> {
  const { rowCount } = await tx.query(
    `INSERT INTO trading.holiday (exchange, date)
     SELECT $1, day FROM unnest($2::date[]) AS day ON CONFLICT (exchange, date) DO NOTHING`,
    [exchange, dates],
  );
  return rowCount ?? 0;
}

/** Adds corporate actions, and corrects those that changed; returns how many rows were written. */
export async function recordCorporateActions(tx: Sql, actions: readonly CorporateAction[]): Promise<number> {
  const { rowCount } = await tx.query(
    `INSERT INTO trading.corporate_action AS known (symbol, ex_date, kind, price_factor, split_factor, source)
     SELECT each.symbol, each.ex_date, each.kind::trading.corporate_action_kind, each.price_factor, each.split_factor,
            each.source
       FROM unnest($1::text[], $2::date[], $3::text[], $4::numeric[], $5::numeric[], $6::text[])
         AS each (symbol, ex_date, kind, price_factor, split_factor, source)
     ON CONFLICT (symbol, ex_date) DO UPDATE
       SET kind = excluded.kind, price_factor = excluded.price_factor, split_factor = excluded.split_factor, source = excluded.source
     WHERE (known.kind, known.price_factor, known.split_factor)
           IS DISTINCT FROM (excluded.kind, excluded.price_factor, excluded.split_factor)`,
    [
      actions.map(({ symbol }) => symbol),
      actions.map(({ exDate }) => exDate),
      actions.map(({ kind }) => kind),
      actions.map(({ priceFactor }) => priceFactor),
      actions.map(({ splitFactor }) => splitFactor),
      actions.map(({ source }) => source),
    ],
  );
  return rowCount ?? 0;
}

async function select(sql: Sql, rest: string, values: readonly unknown[]): Promise<InstrumentRow[]> {
  const { rows } = await sql.query<{
    symbol: string;
    name: string;
    exchange: Exchange;
    kind: InstrumentKind;
    isin: string | null;
    currency: Currency;
    sector: string | null;
    tick_size: bigint;
    lot_size: number;
    reference_price: bigint;
    created_at: Date;
  }>(
    `SELECT symbol, name, exchange, kind, isin, currency, sector, tick_size, lot_size, reference_price, created_at
       FROM trading.instrument ${rest}`,
    [...values],
  );
  return rows.map((row) => ({
    symbol: row.symbol,
    name: row.name,
    exchange: row.exchange,
    kind: row.kind,
    isin: row.isin,
    currency: row.currency,
    sector: row.sector,
    tickSize: row.tick_size,
    lotSize: BigInt(row.lot_size),
    referencePrice: row.reference_price,
    createdAt: row.created_at,
  }));
}
