import { expectAgreement } from './expectations.ts';
import { grid } from './graphs/grid.ts';

expectAgreement(grid);
