/** Ticks that are kept: caller -> load -> return */
import { doorError } from '@gridworks/kit/caller';
import { DateTime, SAME_FOR_ALL, toPage, type Page } from '@gridworks/kit/graph';
import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { vwapOf, type TickSpan } from '../domain/tick-record.ts';
import { Instrument } from '../schema/market.ts';
import { TickRecord, TickRecordConnection, TickSummary } from '../schema/tick.ts';
import { cursorOf, type TradingContext } from './context.ts';

const TICKS_MAX = 1_000;

@Resolver(() => Instrument)
export class TickRecordResolver {
  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => TickRecordConnection, {
    nullable: true,
    description:
      'Its live ticks of a span of time, in order of their sequence; what was replayed is not among them. Null where ticks are not kept.',
  })
  async ticks(
    @Root() { symbol }: Instrument,
    @Arg('from', () => DateTime, { description: 'The first instant of the span.' }) from: Date,
    @Arg('to', () => DateTime, { description: 'The span ends before this.' }) to: Date,
    @Arg('first', () => Int, { defaultValue: 100, description: 'How many, 1 to 1,000.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on from; null for the start.' })
    after: string | null | undefined,
    @Ctx() { ticks }: TradingContext,
  ): Promise<Page<TickRecord> | null> {
    if (first < 1 || first > TICKS_MAX)
      throw doorError('BAD_USER_INPUT', `\`first\` must lie between 1 and ${TICKS_MAX}.`);
    const [span, cursor] = [spanOf(symbol, from, to), cursorOf(after) ?? 0n];
    if (!ticks) return null;
    const rows = await (await ticks.upToDate()).page(span, cursor, first + 1);
    const nodes = rows.map((row) => Object.assign(new TickRecord(), row, { at: new Date(row.at) }));
    return toPage(nodes, first, ({ sequence }) => sequence.toString());
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => TickSummary, {
    nullable: true,
    description: 'What its live ticks of a span of time come to. Null where ticks are not kept.',
  })
  async tickSummary(
    @Root() { symbol, currency }: Instrument,
    @Arg('from', () => DateTime, { description: 'The first instant of the span.' }) from: Date,
    @Arg('to', () => DateTime, { description: 'The span ends before this.' }) to: Date,
    @Ctx() { ticks }: TradingContext,
  ): Promise<TickSummary | null> {
    const span = spanOf(symbol, from, to);
    if (!ticks) return null;
    const summary = await (await ticks.upToDate()).summary(span);
    const { turnover, ...known } = summary ?? NOTHING;
    const vwap = summary && vwapOf(summary);
    return Object.assign(new TickSummary(), known, {
      vwap: vwap ?? null,
      turnover: { amount: turnover, currency },
    });
  }
}

const NOTHING = { ticks: 0, volume: 0n, turnover: 0n, open: null, high: null, low: null, close: null };

function spanOf(symbol: string, from: Date, to: Date): TickSpan {
  if (from > to) throw doorError('BAD_USER_INPUT', '`from` must not lie after `to`.');
  return { symbol, fromMs: from.getTime(), toMs: to.getTime() };
}
