/** `npm run ceremony`: compiles the circuits and makes their proving and verification keys anew. */
export { main } from '../circuits/ceremony.ts';
