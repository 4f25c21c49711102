/** What clients see of ai: statistics of instruments that trading owns. */
import { DateTime, Decimal, SAME_FOR_ALL, enumOf } from '@gridworks/kit/graph';
import { Directive, Field, Float, Int, ObjectType } from 'type-graphql';
import type { ForecastModel } from './domain/volatility.ts';

export const ForecastModelEnum = enumOf<ForecastModel>('ForecastModel', 'How a volatility was forecast.', {
  GARCH: 'GARCH(1,1) fitted by maximum likelihood to up to four years of daily returns.',
  EWMA: 'Exponentially weighted variance with decay 0.94: less than a year of returns, or they determine no GARCH.',
});

@ObjectType({
  description: 'How much an instrument is expected to move on the next trading day, from its daily closes.',
})
@Directive(SAME_FOR_ALL)
export class Forecast {
  @Field(() => Float, {
    description:
      "Standard deviation of the next day's log return times the square root of 252, as a fraction: 0.25 is 25 % a year.",
  })
  annualisedVolatility!: number;

  @Field(() => Float, {
    description:
      'Fraction of the price, 0 to 1, that a holder loses in one day, or more, with a probability of 1 %. Assumes a normal log return with mean zero; real tails are fatter.',
  })
  valueAtRisk99!: number;

  @Field(() => Float, {
    description:
      'Mean fraction of the price, 0 to 1, that a holder loses in one day in the worst 1 % of cases; same assumption.',
  })
  expectedShortfall99!: number;

  @Field(() => ForecastModelEnum, { description: 'How the volatility was forecast.' })
  model!: ForecastModel;

  @Field(() => DateTime, { description: 'Start of the last daily bar that went into it.' })
  asOf!: Date;

  @Field(() => Int, { description: 'Daily returns that went into it, 30 to 1000.' })
  observations!: number;
}

@ObjectType({ description: 'Moving average convergence divergence (12, 26, 9) in units of the price.' })
@Directive(SAME_FOR_ALL)
export class Macd {
  @Field(() => Decimal, { description: '12-day less 26-day exponential average of the closes.' })
  macd!: bigint;

  @Field(() => Decimal, { description: '9-day exponential average of `macd`.' })
  signal!: bigint;

  @Field(() => Decimal, { description: '`macd` less `signal`, rounded after the subtraction.' })
  histogram!: bigint;
}

@ObjectType({
  description:
    'Bollinger bands (20, 2): the 20-day average and two population standard deviations around it.',
})
@Directive(SAME_FOR_ALL)
export class BollingerBands {
  @Field(() => Decimal, { description: 'Two standard deviations below the average.' })
  lower!: bigint;

  @Field(() => Decimal, { description: 'The 20-day average of the closes.' })
  middle!: bigint;

  @Field(() => Decimal, { description: 'Two standard deviations above the average.' })
  upper!: bigint;
}

@ObjectType({
  description:
    "Technical indicators after the last daily bar, prices in the instrument's currency rounded to two places.",
})
@Directive(SAME_FOR_ALL)
export class Indicators {
  @Field(() => Decimal, {
    nullable: true,
    description: '20-day average of the closes; null with fewer than 20 bars.',
  })
  sma20!: bigint | null;

  @Field(() => Decimal, {
    nullable: true,
    description: '20-day exponential average of the closes; null with fewer than 20 bars.',
  })
  ema20!: bigint | null;

  @Field(() => Float, {
    nullable: true,
    description: "Wilder's 14-day relative strength index, 0 to 100; null with fewer than 15 bars.",
  })
  rsi14!: number | null;

  @Field(() => Macd, { nullable: true, description: 'Null with fewer than 34 bars.' })
  macd!: Macd | null;

  @Field(() => BollingerBands, { nullable: true, description: 'Null with fewer than 20 bars.' })
  bollinger!: BollingerBands | null;

  @Field(() => Decimal, {
    nullable: true,
    description: "Wilder's 14-day average true range; null with fewer than 15 bars.",
  })
  atr14!: bigint | null;

  @Field(() => DateTime, { description: 'Start of the last daily bar.' })
  asOf!: Date;
}

@ObjectType({ description: 'What can be quoted and traded.' })
@Directive('@key(fields: "symbol")')
export class Instrument {
  @Directive(SAME_FOR_ALL)
  @Field(() => String, { description: 'Symbol, unique across exchanges.' })
  symbol!: string;
}
