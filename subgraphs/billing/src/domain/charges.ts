/**
 * What an equity order costs beside the price, by the published schedules of NSE, BSE and the tax laws.
 *
 * | charge               | delivery (CNC)      | intraday (MIS)                  | source |
 * |----------------------|---------------------|---------------------------------|--------|
 * | brokerage            | none                | 0.03 %, at most 20 rupees       | tariff of this broker, per executed order |
 * | STT                  | 0.1 %, both sides   | 0.025 %, sale                   | Finance (No. 2) Act 2004, chapter VII, section 98 as amended |
 * | stamp duty           | 0.015 %, purchase   | 0.003 %, purchase               | Indian Stamp Act 1899, schedule I article 56A, since 1 July 2020 |
 * | exchange transaction | NSE 0.00307 %, BSE 0.00375 % | the same               | the exchanges' uniform schedules since 1 October 2024; NSE's is 0.00297 % and 0.0001 % for its investor protection fund |
 * | SEBI fee             | 10 rupees a crore   | the same                        | SEBI (Stock Brokers) Regulations 1992, schedule V |
 * | GST                  | 18 % of brokerage, SEBI fee and exchange charge | the same | CGST and SGST, or IGST, Acts 2017 |
 *
 * Rounding. Each order is charged for itself, on the value of all its fills together. STT is rounded to the rupee (STT
 * Rules 2004, rule 4), every other charge to the paisa, both half away from zero. GST is taken from the rounded
 * charges, because those are what the note shows; the total is the sum of the lines. A contract note gathers a
 * day's orders before it rounds STT, so it may differ from the sum of our orders by half a rupee an order.
 *
 * Worked example: 400 shares bought intraday on NSE at 1,000 and sold at 1,100.
 *
 * |          | brokerage | STT | exchange | SEBI | stamp | GST   | total  |
 * |----------|-----------|-----|----------|------|-------|-------|--------|
 * | purchase | 20.00     | 0   | 12.28    | 0.40 | 12.00 | 5.88  | 50.56  |
 * | sale     | 20.00     | 110 | 13.51    | 0.44 | 0     | 6.11  | 150.06 |
 * | both     | 40.00     | 110 | 25.79    | 0.84 | 12.00 | 11.99 | 200.62 |
 */
import { multiplyRatio } from '@gridworks/kit/money';

export type Side = 'BUY' | 'SELL';
export type Product = 'CNC' | 'MIS';
export type Exchange = 'NSE' | 'BSE';

/** An order as far as its charges go; `value` is the sum of price x quantity over its fills, in paise. */
export interface ChargedOrder {
  readonly side: Side;
  readonly product: Product;
  readonly exchange: Exchange;
  readonly value: bigint;
}

/** Paise; `total` is the sum of the others. */
export interface Charges {
  readonly brokerage: bigint;
  readonly stt: bigint;
  readonly exchangeTransaction: bigint;
  readonly sebi: bigint;
  readonly stampDuty: bigint;
  readonly gst: bigint;
  readonly total: bigint;
}

/** Rates are rupees per crore of turnover, the unit in which they are announced. */
interface ProductRates {
  readonly brokeragePerCrore: bigint;
  readonly sttPerCrore: Readonly<Record<Side, bigint>>;
  readonly stampDutyPerCrore: Readonly<Record<Side, bigint>>;
}

interface ChargeSchedule {
  /** The day from which all of it holds, in India. */
  readonly since: string;
  readonly products: Readonly<Record<Product, ProductRates>>;
  /** Paise an executed order. */
  readonly brokerageMax: bigint;
  readonly exchangeTransactionPerCrore: Readonly<Record<Exchange, bigint>>;
  readonly sebiPerCrore: bigint;
  readonly gstPercent: bigint;
}

export const EQUITY_SCHEDULE: ChargeSchedule = {
  since: '2024-10-01',
  products: {
    CNC: {
      brokeragePerCrore: 0n,
      sttPerCrore: { BUY: 10_000n, SELL: 10_000n },
      stampDutyPerCrore: { BUY: 1_500n, SELL: 0n },
    },
    MIS: {
      brokeragePerCrore: 3_000n,
      sttPerCrore: { BUY: 0n, SELL: 2_500n },
      stampDutyPerCrore: { BUY: 300n, SELL: 0n },
    },
  },
  brokerageMax: 2_000n,
  exchangeTransactionPerCrore: { NSE: 307n, BSE: 375n },
  sebiPerCrore: 10n,
  gstPercent: 18n,
};

const CRORE = 10_000_000n;
const RUPEE = 100n;

/** The charges of one order. An order that did not trade (value 0) costs nothing; a negative value is a bug and throws. */
export function orderCharges({ side, product, exchange, value }: ChargedOrder): Charges {
  if (value < 0n) throw new RangeError(`the value of an order cannot be negative: ${value}`);
  const { products, brokerageMax, exchangeTransactionPerCrore, sebiPerCrore, gstPercent } = EQUITY_SCHEDULE;
  const rates = products[product];
  const brokerageUncapped = multiplyRatio(value, rates.brokeragePerCrore, CRORE);
  const brokerage = brokerageUncapped < brokerageMax ? brokerageUncapped : brokerageMax;
  const stt = multiplyRatio(value, rates.sttPerCrore[side], CRORE * RUPEE) * RUPEE;
  const exchangeTransaction = multiplyRatio(value, exchangeTransactionPerCrore[exchange], CRORE);
  const sebi = multiplyRatio(value, sebiPerCrore, CRORE);
  const stampDuty = multiplyRatio(value, rates.stampDutyPerCrore[side], CRORE);
  const gst = multiplyRatio(brokerage + sebi + exchangeTransaction, gstPercent, 100n);
  const total = brokerage + stt + exchangeTransaction + sebi + stampDuty + gst;
  return { brokerage, stt, exchangeTransaction, sebi, stampDuty, gst, total };
}
