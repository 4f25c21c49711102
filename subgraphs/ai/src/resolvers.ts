/** key -> load -> return: everything is computed from bars, and the same for every caller. */
import { SAME_FOR_ALL } from '@gridworks/kit/graph';
import type { CallContext } from '@gridworks/kit/subgraph';
import { Ctx, Directive, FieldResolver, Resolver, Root } from 'type-graphql';
import type { AiLoaders } from './loaders.ts';
import { Forecast, Indicators, Instrument } from './schema.ts';

export interface AiContext extends CallContext {
  readonly loaders: AiLoaders;
}

@Resolver(() => Instrument)
export class InstrumentResolver {
  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Forecast, {
    nullable: true,
    description:
      'Volatility and risk of the next trading day; null with fewer than 30 daily returns, or without a move.',
  })
  async forecast(@Root() instrument: Instrument, @Ctx() context: AiContext): Promise<Forecast | null> {
    const analysis = await context.loaders.analysis.load(instrument.symbol);
    const forecast = await analysis.forecast();
    return forecast && { ...forecast, asOf: new Date(forecast.asOfMs) };
  }

  @Directive(SAME_FOR_ALL)
  @FieldResolver(() => Indicators, {
    nullable: true,
    description: 'Technical indicators; null when there are no daily bars.',
  })
  async indicators(@Root() instrument: Instrument, @Ctx() context: AiContext): Promise<Indicators | null> {
    const analysis = await context.loaders.analysis.load(instrument.symbol);
    const indicators = await analysis.indicators();
    return indicators && { ...indicators, asOf: new Date(indicators.asOfMs) };
  }
}

/** Whether there is such an instrument is its owner's to say. */
export function resolveInstrument({ symbol }: { readonly symbol: string }): Instrument {
  return Object.assign(new Instrument(), { symbol });
}
