/**
 * The market of the demonstration: instruments of NSE and BSE under their true names, the exchanges' days of rest, and
 * a past that was made up: 250 daily bars and two sessions of minutes each. Prices are of the order seen at the end
 * of 2025; none of them is a quotation.
 */
import type { Database, Tx } from '@gridworks/kit/db';
import { istDate } from '@gridworks/kit/time';
import { Calendar, INDIAN_HOLIDAYS } from '@gridworks/trading/domain/calendar';
import type { StoredInterval } from '@gridworks/trading/domain/candle';
import { simulateHistory, type SimulatedHistory } from '@gridworks/trading/domain/history';
import {
  EXCHANGES,
  exchangeOf,
  tickSizeFor,
  type Instrument,
  type InstrumentKind,
} from '@gridworks/trading/domain/instrument';
import { publishCandles } from '@gridworks/trading/store/candle';
import { recordHolidays, registerInstruments } from '@gridworks/trading/store/instrument';

const SEED = 'gridworks';
const SESSIONS = 250;
const MINUTE_SESSIONS = 1;

const BANKS = 'Financial Services';
const SOFTWARE = 'Information Technology';
const FUELS = 'Oil, Gas & Consumable Fuels';
const VEHICLES = 'Automobile and Auto Components';
const HEALTH = 'Healthcare';
const GOODS = 'Fast Moving Consumer Goods';
const METALS = 'Metals & Mining';
const POWER = 'Power';
const DURABLES = 'Consumer Durables';
const CEMENT = 'Construction Materials';

/** [symbol, name, sector, ISIN, reference price in paise] */
const EQUITIES: readonly (readonly [string, string, string, string, bigint])[] = [
  ['ADANIPORTS', 'Adani Ports and Special Economic Zone Limited', 'Services', 'INE742F01042', 1_510_00n],
  ['APOLLOHOSP', 'Apollo Hospitals Enterprise Limited', HEALTH, 'INE437A01024', 7_250_00n],
  ['ASIANPAINT', 'Asian Paints Limited', DURABLES, 'INE021A01026', 2_880_00n],
  ['AXISBANK', 'Axis Bank Limited', BANKS, 'INE238A01034', 1_275_00n],
  ['BAJAJ-AUTO', 'Bajaj Auto Limited', VEHICLES, 'INE917I01010', 9_100_00n],
  ['BAJAJFINSV', 'Bajaj Finserv Limited', BANKS, 'INE918I01026', 2_090_00n],
  ['BEL', 'Bharat Electronics Limited', 'Capital Goods', 'INE263A01024', 410_00n],
  ['BHARTIARTL', 'Bharti Airtel Limited', 'Telecommunication', 'INE397D01024', 2_120_00n],
  ['BPCL', 'Bharat Petroleum Corporation Limited', FUELS, 'INE029A01011', 360_00n],
  ['BRITANNIA', 'Britannia Industries Limited', GOODS, 'INE216A01030', 5_850_00n],
  ['CIPLA', 'Cipla Limited', HEALTH, 'INE059A01026', 1_520_00n],
  ['COALINDIA', 'Coal India Limited', FUELS, 'INE522F01014', 380_00n],
  ['DRREDDY', "Dr. Reddy's Laboratories Limited", HEALTH, 'INE089A01031', 1_260_00n],
  ['EICHERMOT', 'Eicher Motors Limited', VEHICLES, 'INE066A01021', 7_100_00n],
  ['ETERNAL', 'Eternal Limited', 'Consumer Services', 'INE758T01015', 305_00n],
  ['FEDERALBNK', 'The Federal Bank Limited', BANKS, 'INE171A01029', 258_00n],
  ['FORTIS', 'Fortis Healthcare Limited', HEALTH, 'INE061F01013', 910_00n],
  ['GRASIM', 'Grasim Industries Limited', CEMENT, 'INE047A01021', 2_740_00n],
  ['HCLTECH', 'HCL Technologies Limited', SOFTWARE, 'INE860A01027', 1_640_00n],
  ['HDFCBANK', 'HDFC Bank Limited', BANKS, 'INE040A01034', 1_005_00n],
  ['HEROMOTOCO', 'Hero MotoCorp Limited', VEHICLES, 'INE158A01026', 6_050_00n],
  ['HINDALCO', 'Hindalco Industries Limited', METALS, 'INE038A01020', 810_00n],
  ['HINDUNILVR', 'Hindustan Unilever Limited', GOODS, 'INE030A01027', 2_420_00n],
  ['ICICIBANK', 'ICICI Bank Limited', BANKS, 'INE090A01021', 1_370_00n],
  ['IDEA', 'Vodafone Idea Limited', 'Telecommunication', 'INE669E01016', 10_20n],
  ['INDUSINDBK', 'IndusInd Bank Limited', BANKS, 'INE095A01012', 860_00n],
  ['INFY', 'Infosys Limited', SOFTWARE, 'INE009A01021', 1_545_00n],
  ['ITC', 'ITC Limited', GOODS, 'INE154A01025', 405_00n],
  ['JSWSTEEL', 'JSW Steel Limited', METALS, 'INE019A01038', 1_165_00n],
  ['LT', 'Larsen & Toubro Limited', 'Construction', 'INE018A01030', 4_020_00n],
  ['M&M', 'Mahindra & Mahindra Limited', VEHICLES, 'INE101A01026', 3_700_00n],
  ['MARUTI', 'Maruti Suzuki India Limited', VEHICLES, 'INE585B01010', 16_200_00n],
  ['MRF', 'MRF Limited', VEHICLES, 'INE883A01011', 1_52_500_00n],
  ['NESTLEIND', 'Nestlé India Limited', GOODS, 'INE239A01024', 1_260_00n],
  ['NTPC', 'NTPC Limited', POWER, 'INE733E01010', 325_00n],
  ['ONGC', 'Oil and Natural Gas Corporation Limited', FUELS, 'INE213A01029', 245_00n],
  ['POWERGRID', 'Power Grid Corporation of India Limited', POWER, 'INE752E01010', 270_00n],
  ['RELIANCE', 'Reliance Industries Limited', FUELS, 'INE002A01018', 1_545_00n],
  ['SBIN', 'State Bank of India', BANKS, 'INE062A01020', 970_00n],
  ['SUNPHARMA', 'Sun Pharmaceutical Industries Limited', HEALTH, 'INE044A01036', 1_780_00n],
  ['TATASTEEL', 'Tata Steel Limited', METALS, 'INE081A01020', 170_00n],
  ['TCS', 'Tata Consultancy Services Limited', SOFTWARE, 'INE467B01029', 3_140_00n],
  ['TECHM', 'Tech Mahindra Limited', SOFTWARE, 'INE669C01036', 1_530_00n],
  ['TITAN', 'Titan Company Limited', DURABLES, 'INE280A01028', 3_880_00n],
  ['ULTRACEMCO', 'UltraTech Cement Limited', CEMENT, 'INE481G01011', 11_700_00n],
  ['UNIONBANK', 'Union Bank of India', BANKS, 'INE692A01016', 153_00n],
  ['UPL', 'UPL Limited', 'Chemicals', 'INE628A01036', 760_00n],
  ['VOLTAS', 'Voltas Limited', DURABLES, 'INE226A01021', 1_370_00n],
  ['WIPRO', 'Wipro Limited', SOFTWARE, 'INE075A01022', 254_00n],
  ['YESBANK', 'Yes Bank Limited', BANKS, 'INE528G01035', 22_50n],
  [
    'ZEEL',
    'Zee Entertainment Enterprises Limited',
    'Media, Entertainment & Publication',
    'INE256A01028',
    101_00n,
  ],
  ['BSE:HDFCBANK', 'HDFC Bank Limited', BANKS, 'INE040A01034', 1_005_00n],
  ['BSE:RELIANCE', 'Reliance Industries Limited', FUELS, 'INE002A01018', 1_545_00n],
  ['BSE:SBIN', 'State Bank of India', BANKS, 'INE062A01020', 970_00n],
];

export const INSTRUMENTS: readonly Instrument[] = [
  ...EQUITIES.map(([symbol, name, sector, isin, price]) =>
    instrument(symbol, name, 'EQUITY', price, { sector, isin }),
  ),
  instrument('NIFTYBEES', 'Nippon India ETF Nifty 50 BeES', 'ETF', 295_00n, { isin: 'INF204KB14I2' }),
  instrument('NIFTY', 'Nifty 50', 'INDEX', 26_100_00n),
  instrument('BANKNIFTY', 'Nifty Bank', 'INDEX', 59_500_00n, { sector: BANKS }),
  instrument('BSE:SENSEX', 'S&P BSE Sensex', 'INDEX', 85_400_00n),
];

function instrument(
  symbol: string,
  name: string,
  kind: InstrumentKind,
  referencePrice: bigint,
  { sector = null, isin = null }: { sector?: string | null; isin?: string | null } = {},
): Instrument {
  return {
    symbol,
    name,
    exchange: exchangeOf(symbol),
    kind,
    isin,
    currency: 'INR',
    sector,
    tickSize: tickSizeFor(referencePrice, kind),
    lotSize: 1n,
    referencePrice,
  };
}

/** Adds what is not there yet, in one transaction; instruments that exist keep their history as it is. */
export async function seedTrading(db: Database, nowMs: number): Promise<void> {
  await db.systemTransaction(async (tx) => {
    for (const exchange of EXCHANGES) await recordHolidays(tx, exchange, INDIAN_HOLIDAYS);
    const added = new Set(await registerInstruments(tx, INSTRUMENTS));
    if (added.size === 0) return;
    const dates = new Calendar(INDIAN_HOLIDAYS).tradingDaysBefore(istDate(nowMs), SESSIONS);
    const histories = simulateHistory(SEED, INSTRUMENTS, dates, MINUTE_SESSIONS).filter(({ symbol }) =>
      added.has(symbol),
    );
    await insertBars(tx, 'ONE_DAY', histories, 'days');
    await insertBars(tx, 'ONE_MINUTE', histories, 'minutes');
    for (const { symbol, days } of histories) await publishCandles(tx, symbol, 'ONE_DAY', days);
  });
}

/** One statement for all instruments: tens of thousands of rows must not delay the first start. */
async function insertBars(
  tx: Tx,
  interval: StoredInterval,
  histories: readonly SimulatedHistory[],
  bars: 'days' | 'minutes',
): Promise<void> {
  const all = histories.flatMap((history) => history[bars]);
  await tx.query(
    `INSERT INTO trading.candle (symbol, interval, start, open, high, low, close, volume, source)
     SELECT ($9::text[])[bar.place], $1, to_timestamp(bar.start / 1000), bar.open, bar.high, bar.low, bar.close, bar.volume, 'SEED'
       FROM unnest($2::int4[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[])
              AS bar (place, start, open, high, low, close, volume)
     ON CONFLICT (symbol, interval, start) DO NOTHING`,
    [
      interval,
      histories.flatMap((history, index) => history[bars].map(() => index + 1)),
      all.map(({ start }) => start),
      all.map(({ open }) => open),
      all.map(({ high }) => high),
      all.map(({ low }) => low),
      all.map(({ close }) => close),
      all.map(({ volume }) => volume),
      histories.map(({ symbol }) => symbol),
    ],
  );
}
