import { expectAgreement } from './expectations.ts';
import { shop } from './graphs/shop.ts';

expectAgreement(shop);
