import { expectAgreement } from './expectations.ts';
import { media } from './graphs/media.ts';

expectAgreement(media);
