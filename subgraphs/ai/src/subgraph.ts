/** Wires the ai domain into one Subgraph value. */
import { defineSubgraph, type Platform, type Subgraph } from '@gridworks/kit/subgraph';
import { Analyses } from './analyses.ts';
import { recordCandles } from './events.ts';
import { createLoaders } from './loaders.ts';
import { InstrumentResolver, resolveInstrument, type AiContext } from './resolvers.ts';
import { Instrument } from './schema.ts';
import { CandleStore } from './store.ts';

export function createAi(platform: Platform): Subgraph {
  const store = new CandleStore(platform.db);
  const analyses = new Analyses(store, platform.clock);
  return defineSubgraph<AiContext>(platform, {
    name: 'ai',
    resolvers: [InstrumentResolver],
    types: [Instrument],
    references: { Instrument: resolveInstrument },
    reactions: [recordCandles(store, analyses)],
    context: (base) => ({ ...base, loaders: createLoaders(analyses) }),
  });
}
