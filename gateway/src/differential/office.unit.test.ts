import { expectAgreement } from './expectations.ts';
import { office } from './graphs/office.ts';

expectAgreement(office);
