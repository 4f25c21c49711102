/** All the graphs there are. */
import type { GraphSource } from './graph-source.ts';
import { grid } from './grid.ts';
import { media } from './media.ts';
import { office } from './office.ts';
import { shop } from './shop.ts';

export const GRAPHS: readonly GraphSource[] = [shop, media, grid, office];
