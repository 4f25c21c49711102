/** Why trading says no, as clients see it. */
import { refusalOf } from '@gridworks/kit/graph';
import { TRADING_REFUSALS } from '../domain/order.ts';

export const TradingRefusalType = refusalOf('Trading', TRADING_REFUSALS);
