/** One batch an operation, so that all instruments of an answer are looked up together. */
import DataLoader from 'dataloader';
import type { Analyses, Analysis } from './analyses.ts';

export interface AiLoaders {
  readonly analysis: DataLoader<string, Analysis>;
}

export function createLoaders(analyses: Analyses): AiLoaders {
  return { analysis: new DataLoader((symbols) => analyses.of(symbols)) };
}
